package runtime

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/site"
)

// marker is a password that every way of writing changes, around a middle that
// none does.
const (
	markerMiddle = "Mk7Qz9Xv2LpT"
	marker       = `<"` + markerMiddle + `& %@:/é`
)

// leaks finds the marker in text: as it is, escaped in any way that leaves
// letters alone, in hexadecimal, or in base64 at any place of a longer text.
func leaks(text string) bool {
	hexed := hex.EncodeToString([]byte(markerMiddle))
	signs := []string{markerMiddle, hexed, strings.ToUpper(hexed)}
	for _, before := range []string{"", "x", "xx"} {
		coded := base64.StdEncoding.EncodeToString([]byte(before + markerMiddle))
		signs = append(signs, coded[4:len(coded)-4])
	}
	for _, s := range signs {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

func TestLeaksFindsWhatItShould(t *testing.T) {
	quoted, _ := json.Marshal(marker)
	for _, text := range []string{
		marker, fmt.Sprintf("%q", marker), url.QueryEscape(marker), url.PathEscape(marker), url.UserPassword("op", marker).String(), string(quoted),
		base64.StdEncoding.EncodeToString([]byte("op:" + marker)), base64.URLEncoding.EncodeToString([]byte("a:" + marker)), fmt.Sprintf("%x", marker),
	} {
		if !leaks("before " + text + " after") {
			t.Errorf("not found in %s", text)
		}
	}
	if leaks("*** " + base64.StdEncoding.EncodeToString([]byte("nothing of the kind"))) {
		t.Error("found where it is not")
	}
}

// spelledOut writes an error, and all that lies behind it, in every way.
func spelledOut(err error) string {
	var b strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&b, "%s\n%v\n%+v\n%#v\n%q\n", err, err, err, err, err)
		if text, failed := json.Marshal(err); failed == nil {
			b.Write(text)
		}
		r := luaapi.Describe(err)
		fmt.Fprintf(&b, "%v %+v\n", r, r)
	}
	return b.String()
}

// A site.yaml with everything wrong around its passwords: the errors show
// none.
func TestNoSecretInTheErrorsOfASite(t *testing.T) {
	escaped := url.QueryEscape(marker)
	quoted := fmt.Sprintf("%q", marker)
	for _, yaml := range []string{
		"devices: {cam: {ip: 192.0.2.1, username: op, password: " + quoted + ", bogus: 1, port: x}}",
		"devices: {cam: {ip: 192.0.2.1, username: op, password: [" + quoted + "]}}",
		"devices: {cam: {ip: 192.0.2.1, username: op, password: {a: " + quoted + "}}}",
		"devices: {cam: {ip: 192.0.2.1, username: op, pasword: " + quoted + "}}",
		"devices: {cam: {ip: 192.0.2.1, username: op, password: \"" + markerMiddle + "${\"}}",
		"devices: {cam: {ip: 192.0.2.1, username: op, password: &p " + quoted + ", password: *p}}",
		"devices:\n  cam:\n    password: " + markerMiddle + ": x\n",
		"devices:\n  cam:\n    password: \"" + markerMiddle + "\n",
		"devices:\n  cam:\n    password: '" + markerMiddle + "\n   x\n",
		"devices:\n  cam:\n    password: %" + markerMiddle + "\n",
		"devices:\n  cam:\n    password: @" + markerMiddle + "\n",
		"devices:\n  cam:\n    password: !bad " + markerMiddle + "\n    ip: [\n",
		"devices:\n  cam:\n\tpassword: " + markerMiddle + "\n",
		"devices: {cam: {ip: \"http://op:" + escaped + "@192.0.2.1\", username: op, password: x}}",
		"devices: {cam: {ip: \"op:" + escaped + "@192.0.2.1\", username: op, password: x}}",
		"devices: {cam: {ip: 192.0.2.1, username: \"op:" + markerMiddle + "\", password: " + quoted + "}}",
		"devices: {cam: {ip: 192.0.2.1, username: op, password: x, channels: {a: {address: 1, stream_url: \"rtsp://op:" + escaped + "@x:port/\"}}}}",
		"devices: {cam: {ip: 192.0.2.1, username: op, password: x, channels: {a: {address: 1, stream_url: \"rtsp://op:" + markerMiddle + "%zz@x/\"}}}}",
		"devices: {cam: {ip: 192.0.2.1, username: op, password: x, channels: {a: {address: 1, stream_url: \"ftp://op:" + markerMiddle + "@x/\"}}}}",
		"devices: {cam: {ip: 192.0.2.1, username: op, password: x, channels: {a: {address: 1, stream_url: \"op:" + markerMiddle + "@x/\"}}}}",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(yaml), 0o600); err != nil {
			t.Fatal(err)
		}
		conf, err := site.Load(dir, noEnv)
		if err != nil && leaks(spelledOut(err)) {
			t.Errorf("of %s\ncomes %v", yaml, err)
		}
		if conf != nil && leaks(fmt.Sprintf("%v %+v %#v", *conf, *conf, conf.Devices)) {
			t.Errorf("of %s\ncomes %+v", yaml, conf.Devices)
		}
		if err == nil && !strings.Contains(yaml, "username: \"op:") {
			t.Errorf("no error for %s", yaml)
		}
	}
}
