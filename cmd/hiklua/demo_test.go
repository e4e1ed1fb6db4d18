package main

import (
	"context"
	"fmt"
	"image/jpeg"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// runDemo runs the demo in virtual time and returns its devices.
func runDemo(t *testing.T, s *session, ctx context.Context, span time.Duration) *demoDevices {
	t.Helper()
	t.Chdir(t.TempDir())
	var devices *demoDevices
	var err error
	s.do(func() { devices, err = s.demo(ctx, span, "") })
	if err != nil {
		t.Fatalf("%v\n%s", err, s.out.String())
	}
	return devices
}

// TestDemo looks at one run of the demo from all sides.
func TestDemo(t *testing.T) {
	drawing, err := filepath.Abs("../../docs/demo.svg") // a session is in another folder
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(t)
	devices := runDemo(t, s, context.Background(), 30*time.Second)
	t.Run("summary", func(t *testing.T) { demoSummary(t, s, devices) })
	t.Run("pictures", func(t *testing.T) { demoPictures(t, s, devices) })
	t.Run("drawing", func(t *testing.T) { demoDrawing(t, s, drawing) })
}

// demoSummary counts in the devices' journals what the summary says that they
// counted.
func demoSummary(t *testing.T, s *session, devices *demoDevices) {
	for i, device := range devices.devices {
		var n sim.Counts
		for _, e := range device.Journal() {
			n.Requests++
			word, rest, _ := strings.Cut(e.What, " ")
			switch {
			case e.What == "rejected login":
				n.RejectedLogins++
			case e.Status != 200:
			case word == "continuous" && rest == "0 0 0":
				n.Stops++
			case word == "continuous":
				n.Moves++
			case word == "goto":
				n.Presets++
			case word == "picture":
				n.Pictures++
			}
		}
		want := fmt.Sprint([]any{devices.site.Devices[i].Name, n.Requests, n.Presets, n.Moves, n.Stops, n.Pictures, n.RejectedLogins})
		if !hasRow(s.out.String(), want) {
			t.Errorf("the summary has no row %s:\n%s", want, s.out.String())
		}
		if n.Requests == 0 || n.Pictures == 0 || n.RejectedLogins != 0 {
			t.Errorf("%s did too little or too much: %+v", device.Name(), n)
		}
		for _, c := range devices.site.Devices[i].Channels {
			if device.Driven(c.Address) || device.Moving(c.Address) {
				t.Errorf("%s/%s still moves", device.Name(), c.Name)
			}
		}
	}
	for _, want := range []string{
		`patrol   gate/dome goes to preset 3 "parking"`,
		`patrol   gate/dome turns right at 15 %`,
		`patrol   gate/dome stops`,
		`sweep    nvr/yard goes to preset 6 "street"`,
		`archive  nvr/till -> data/archive/nvr/till/2026-03-04/12-00-08.jpg`,
		`patrol   script reloaded`,
		`patrol   gate/dome goes to preset 7 "tower"`,
		`demo     somebody comes to the door`,
		`alarm    door/front -> data/alarm/door/front/2026-03-04/12-00-07.jpg`,
		`alarm    nvr/yard goes to preset 2 "door"`,
		`Something moved at the door, and 0s later a picture of it was taken.`,
		`Every head is at rest.`,
		`No device was asked two things at once.`,
		`later the head was on its way to "tower"`,
	} {
		if !strings.Contains(s.out.String(), want) {
			t.Errorf("the demo does not say %q:\n%s", want, s.out.String())
		}
	}
	if s.err.Len() > 0 {
		t.Errorf("stderr: %s", s.err.String())
	}
}

// hasRow reports whether a line of text has these words.
func hasRow(text, want string) bool {
	for _, line := range strings.Split(text, "\n") {
		if fmt.Sprint(strings.Fields(line)) == want {
			return true
		}
	}
	return false
}

// demoPictures opens every picture and compares their number with what the
// summary says.
func demoPictures(t *testing.T, s *session, devices *demoDevices) {
	files := 0
	err := filepath.WalkDir("hiklua-demo/data", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := jpeg.Decode(f); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	taken := int64(0)
	for _, d := range devices.devices {
		taken += d.Counts().Pictures
	}
	if files == 0 || taken != int64(files) {
		t.Errorf("%d files, %d pictures were delivered", files, taken)
	}
	if want := fmt.Sprintf("\n%d pictures, ", files); !strings.Contains(s.out.String(), want) {
		t.Errorf("the summary does not say %q:\n%s", want, s.out.String())
	}
}

// TestDemoInterrupted ends the demo while the head turns.
func TestDemoInterrupted(t *testing.T) {
	s := newSession(t)
	turning := 6*time.Second + 500*time.Millisecond
	devices := runDemo(t, s, s.interruptAfter(turning), 30*time.Second)
	var moved, stopped time.Duration
	for _, e := range devices.devices[0].Journal() {
		switch {
		case e.What == "continuous 0 0 0":
			stopped = e.Start.Sub(begin)
		case strings.HasPrefix(e.What, "continuous"):
			moved = e.Start.Sub(begin)
		}
	}
	if moved == 0 || moved > turning || stopped < turning || stopped > turning+time.Second {
		t.Errorf("moved at %v, stopped at %v; interrupted at %v\n%s", moved, stopped, turning, s.out.String())
	}
	for _, want := range []string{"interrupted", "Every head is at rest.", "Nothing moved at the door", "No script was edited", "Try next"} {
		if !strings.Contains(s.out.String(), want) {
			t.Errorf("the demo does not say %q:\n%s", want, s.out.String())
		}
	}
}

// TestDemoCommandsWork types the commands that the demo names at its end.
func TestDemoCommandsWork(t *testing.T) {
	s := newSession(t)
	runDemo(t, s, context.Background(), 2*time.Second)
	for _, suggested := range demoCommands("hiklua", "hiklua-demo") {
		if !strings.Contains(s.out.String(), suggested.command+"\n") {
			t.Errorf("%q is not printed", suggested.command)
		}
		again := newSession(t)
		ctx := context.Background()
		if strings.HasPrefix(suggested.command, "hiklua run") {
			ctx = again.interruptAfter(5 * time.Second)
		}
		if status := again.run(ctx, shellSplit(suggested.command)[1:]...); status != 0 {
			t.Errorf("%s: status %d\n%s%s", suggested.command, status, again.out.String(), again.err.String())
		}
	}
}

// shellSplit splits a command as a shell does, as far as we print them.
func shellSplit(line string) []string {
	var words []string
	quoted := false
	word := ""
	for _, r := range line + " " {
		switch {
		case r == '\'':
			quoted = !quoted
		case r == ' ' && !quoted:
			if word != "" {
				words = append(words, word)
			}
			word = ""
		default:
			word += string(r)
		}
	}
	return words
}

func TestDemoFolders(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, want := range []string{"hiklua-demo", "hiklua-demo-2", "hiklua-demo-3"} {
		if dir, err := newDemoFolder(""); dir != want || err != nil {
			t.Errorf("%s, %v; want %s", dir, err, want)
		}
	}
	write(t, "mine", map[string]string{"site.yaml": "precious"})
	if _, err := newDemoFolder("mine"); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a folder with files in it: %v", err)
	}
	if dir, err := newDemoFolder("new/one"); dir != "new/one" || err != nil {
		t.Errorf("%s, %v", dir, err)
	}
}
