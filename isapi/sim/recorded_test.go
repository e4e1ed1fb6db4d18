package sim_test

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

// recordings finds the folder of recorded devices, or skips.
func recordings(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("HIKLUA_DEVICES"); dir != "" {
		return dir
	}
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if found := filepath.Join(dir, "shared", "devices"); exists(found) {
			return found
		}
	}
	t.Skip("no recorded devices beside the repository")
	return ""
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// elements is the set of element paths of a document, from its root.
func elements(t *testing.T, text string) map[string]bool {
	t.Helper()
	set := map[string]bool{}
	dec := xml.NewDecoder(strings.NewReader(strings.TrimSpace(text)))
	var path []string
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return set
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			path = append(path, e.Name.Local)
			set[strings.Join(path, "/")] = true
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}

// Every element that a simulated device answers with was seen in the same
// place of a recorded answer to the same request, of whatever device.
func TestElementsAreThoseOfRecordedDevices(t *testing.T) {
	dir := recordings(t)
	invented := map[string]bool{ // from other recordings of isapi-facts, or of the vendor's own misspelling
		"DeviceInfo/telecontrolID": true,
	}
	for _, path := range []string{"/ISAPI/System/deviceInfo", "/ISAPI/System/capabilities", "/ISAPI/System/Video/inputs/channels",
		"/ISAPI/ContentMgmt/InputProxy/channels", "/ISAPI/ContentMgmt/Storage", "/ISAPI/Streaming/channels/101", "/ISAPI/Security/adminAccesses",
		"/ISAPI/Event/triggers", "/ISAPI/Event/notification/httpHosts", "/ISAPI/System/IO/inputs/1", "/ISAPI/System/IO/inputs/1/status",
		"/ISAPI/System/Video/inputs/channels/1/motionDetection", "/ISAPI/System/Holidays"} {
		seen := map[string]bool{}
		files, err := filepath.Glob(filepath.Join(dir, "*", filepath.FromSlash(path)+".xml"))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: not recorded", path)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for e := range elements(t, string(text)) {
				seen[e] = true
			}
		}
		for _, model := range []sim.Model{sim.IPC, sim.PTZ, sim.NVR, sim.DVR} {
			virtually(t, sim.Options{Model: model}, func(v *clock.Virtual, d *sim.Device, c *client) {
				r := c.get(path)
				if r.status != 200 {
					return
				}
				for e := range elements(t, r.body) {
					if !seen[e] && !invented[e] {
						t.Errorf("%s %s: no recorded device answers %s", model, path, e)
					}
				}
			})
		}
	}
}
