// Package recorded serves the recorded answers of a real device, behind a
// digest login, as an http.Handler. It is for tests: what was recorded is
// answered as it was, status and bytes; anything else is refused as a device
// refuses what it does not have.
//
// Pictures were not recorded. A small JPEG is served on the path that the
// recording implies: a recorder that says isSupportSnapshot=false refuses the
// plain path with 400 badXmlContent and serves the StreamingProxy one.
package recorded

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// Dir finds the recorded devices: $HIKLUA_DEVICES, else shared/devices beside
// the repository that holds the working folder. ok is false where there are none.
func Dir() (dir string, ok bool) {
	if dir = os.Getenv("HIKLUA_DEVICES"); dir != "" {
		return dir, isDir(dir)
	}
	at, err := os.Getwd()
	if err != nil {
		return "", false
	}
	for {
		if dir = filepath.Join(at, "shared", "devices"); isDir(dir) {
			return dir, true
		}
		up := filepath.Dir(at)
		if up == at {
			return "", false
		}
		at = up
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// device is one recording, read into memory.
type device struct {
	username, password string
	realm              string
	status             map[string]int // lower-case path -> status
	body               map[string][]byte
	proxyPictures      bool
	picture            []byte

	mu     sync.Mutex
	nonces map[string]bool
	count  int
}

// Open reads the recording in dir (ISAPI/... and status.json).
func Open(dir, username, password string) (http.Handler, error) {
	d := &device{
		username: username, password: password, realm: "recorded",
		status: map[string]int{}, body: map[string][]byte{}, nonces: map[string]bool{},
	}
	text, err := os.ReadFile(filepath.Join(dir, "status.json"))
	if err != nil {
		return nil, err
	}
	status := map[string]int{}
	if err := json.Unmarshal(text, &status); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	for path, code := range status {
		d.status[strings.ToLower(path)] = code
	}
	err = filepath.WalkDir(filepath.Join(dir, "ISAPI"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".xml" {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		key := "/" + strings.ToLower(strings.TrimSuffix(filepath.ToSlash(rel), ".xml"))
		d.body[key], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(d.body) == 0 {
		return nil, errors.New(dir + ": nothing is recorded there")
	}
	d.proxyPictures = bytes.Contains(d.body["/isapi/system/capabilities"], []byte("<isSupportSnapshot>false<"))
	var pic bytes.Buffer
	if err := jpeg.Encode(&pic, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
		return nil, err
	}
	d.picture = pic.Bytes()
	return d, nil
}

var picturePath = regexp.MustCompile(`^/isapi/(streaming/channels|contentmgmt/streamingproxy/channels)/(\d+)/picture$`)

func (d *device) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !d.loggedIn(r) {
		d.challenge(w)
		return
	}
	path := strings.ToLower(r.URL.Path)
	if m := picturePath.FindStringSubmatch(path); m != nil && r.Method == http.MethodGet {
		d.servePicture(w, r, m[1], m[2])
		return
	}
	code, known := d.status[path]
	body, have := d.body[path]
	switch {
	case !known && !have:
		refuse(w, r, http.StatusNotFound, 4, "Invalid Operation", "notSupport")
	case r.Method != http.MethodGet:
		refuse(w, r, http.StatusForbidden, 4, "Invalid Operation", "methodNotAllowed")
	case known && code != http.StatusOK || !have:
		if code == 0 || code == http.StatusOK {
			code = http.StatusForbidden
		}
		refuse(w, r, code, 4, "Invalid Operation", "notSupport")
	default:
		w.Header().Set("Content-Type", `application/xml; charset="UTF-8"`)
		_, _ = w.Write(body)
	}
}

func (d *device) servePicture(w http.ResponseWriter, r *http.Request, tree, stream string) {
	proxy := strings.HasPrefix(tree, "contentmgmt")
	code, known := d.status["/isapi/streaming/channels/"+stream]
	switch {
	case !known:
		refuse(w, r, http.StatusNotFound, 4, "Invalid Operation", "notSupport")
	case code != http.StatusOK:
		refuse(w, r, code, 4, "Invalid Operation", "notSupport")
	case d.proxyPictures && !proxy:
		refuse(w, r, http.StatusBadRequest, 6, "Invalid XML Content", "badXmlContent")
	case !d.proxyPictures && proxy:
		refuse(w, r, http.StatusNotFound, 4, "Invalid Operation", "notSupport")
	default:
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write(d.picture)
	}
}

func refuse(w http.ResponseWriter, r *http.Request, status, code int, text, sub string) {
	w.Header().Set("Content-Type", `application/xml; charset="UTF-8"`)
	w.WriteHeader(status)
	fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ResponseStatus version=\"1.0\" xmlns=\"http://www.hikvision.com/ver20/XMLSchema\">\n"+
		"<requestURL>%s</requestURL>\n<statusCode>%d</statusCode>\n<statusString>%s</statusString>\n<subStatusCode>%s</subStatusCode>\n</ResponseStatus>\n",
		r.URL.EscapedPath(), code, text, sub)
}

func (d *device) challenge(w http.ResponseWriter) {
	d.mu.Lock()
	d.count++
	nonce := fmt.Sprintf("%016x:%s:%d", d.count*7919, d.realm, d.count)
	d.nonces[nonce] = true
	d.mu.Unlock()
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(
		`Digest realm="%s", domain="::", qop="auth", nonce="%s", opaque="", algorithm="MD5", stale="FALSE"`, d.realm, nonce))
	w.Header().Set("Content-Type", `application/xml; charset="UTF-8"`)
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = w.Write([]byte("<userCheck><statusValue>401</statusValue><statusString>Unauthorized</statusString></userCheck>"))
}

var directive = regexp.MustCompile(`(\w+)=(?:"([^"]*)"|([^\s,]+))`)

// loggedIn checks an RFC 2617 answer with qop=auth.
func (d *device) loggedIn(r *http.Request) bool {
	header := r.Header.Get("Authorization")
	if !strings.HasPrefix(header, "Digest ") {
		return false
	}
	p := map[string]string{}
	for _, m := range directive.FindAllStringSubmatch(header, -1) {
		p[m[1]] = m[2] + m[3]
	}
	d.mu.Lock()
	known := d.nonces[p["nonce"]]
	d.mu.Unlock()
	ha1 := hash(d.username + ":" + d.realm + ":" + d.password)
	ha2 := hash(r.Method + ":" + r.URL.RequestURI())
	want := hash(strings.Join([]string{ha1, p["nonce"], p["nc"], p["cnonce"], p["qop"], ha2}, ":"))
	return known && p["username"] == d.username && p["uri"] == r.URL.RequestURI() && p["response"] == want
}

func hash(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}
