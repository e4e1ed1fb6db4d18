package isapi

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// seeds adds the files of testdata/DIR to a fuzz test's corpus.
func seeds(f *testing.F, dir string, add func([]byte)) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in testdata/%s: %v", dir, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		add(b)
	}
}

func depth(n *Node) int {
	d := 0
	for _, c := range n.Children {
		d = max(d, depth(c))
	}
	return d + 1
}

func FuzzXML(f *testing.F) {
	seeds(f, "xml", func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, doc []byte) {
		root, err := ParseXML(doc)
		if (root == nil) == (err == nil) {
			t.Fatalf("root %v and error %v", root, err)
		}
		if root != nil && depth(root) > maxXMLDepth {
			t.Fatal("too deep")
		}
		st := parseStatus(doc)
		st.failed()
		st.locked()
		st.passwordRight()
		rootName(doc)
		if root != nil {
			readPTZCapabilities(root)
			ownInputs(root)
		}
	})
}

func FuzzAlertStream(f *testing.F) {
	seeds(f, "alerts", func(b []byte) { f.Add(b, "boundary") })
	c, err := New(Config{Host: "192.0.2.10", Username: "admin", Transport: failing{io.EOF}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, stream []byte, boundary string) {
		read := func(r io.Reader) (n int) {
			s := &AlertStream{c: c, ctx: bg, cl: &call{op: "events"}, body: io.NopCloser(r), split: newSplitter(r, boundary),
				refusal: &http.Response{StatusCode: 200, Header: http.Header{}}, first: true}
			for {
				a, err := s.Next()
				if err != nil {
					return n
				}
				if a.Type == "" || a.Channel < 0 || len(a.Raw) == 0 {
					t.Fatalf("%+v", a)
				}
				if n++; n > len(stream) {
					t.Fatal("more alerts than bytes")
				}
			}
		}
		whole := read(bytes.NewReader(stream))
		if slow := read(oneByte{bytes.NewReader(stream)}); slow < whole {
			t.Fatalf("%d alerts at once, %d byte by byte", whole, slow)
		}
	})
}

func FuzzChallenge(f *testing.F) {
	seeds(f, "challenges", func(b []byte) { f.Add(string(b)) })
	u := &url.URL{Path: "/ISAPI/System/deviceInfo"}
	f.Fuzz(func(t *testing.T, header string) {
		h := http.Header{}
		for line := range strings.SplitSeq(header, "\n") {
			h.Add("WWW-Authenticate", line)
		}
		o := readOffers(h)
		if o.digest == nil {
			return
		}
		answer, err := o.digest.answer("admin", NewSecret("hunter2hunter2"), 1, &call{method: "GET", path: u.Path}, u)
		if err != nil {
			return
		}
		if strings.ContainsAny(answer, "\r\n") || !strings.HasPrefix(answer, "Digest ") {
			t.Fatalf("header %q", answer)
		}
		if strings.Contains(answer, "hunter2hunter2") && !strings.Contains(header, "hunter2hunter2") {
			t.Fatal("the password is in the header")
		}
	})
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{"2021-07-02T14:25:36+08:00", "2021-04-06T18:04:2800:00", "2017-12-01T09:01:18-6:00", "CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := parseTime(s); ok && (got.Year() < 0 || got.Year() > 9999) {
			t.Fatal(got)
		}
		if v, ok := posixOffset(s); ok && (v > 16*3600 || v < -16*3600) {
			t.Fatal(v)
		}
	})
}
