package main

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestPasswordAtTheTerminal(t *testing.T) {
	t.Parallel()
	y := atTerminal(t, "", "exec", "--device", "http://admin@ADDR", "-e", `print("it is", cam:info().type)`)
	y.expect("password of admin at ")
	y.quiet()
	y.types("simulated\n")
	if shown := y.expect("it is"); strings.Contains(shown, "simulated") {
		t.Errorf("the password is shown: %q", shown)
	}
	if status := y.endsWithin(10 * time.Second); status != statusOK {
		t.Errorf("status %d", status)
	}
	y.inOrder()
}

func TestPasswordIsBrokenOff(t *testing.T) {
	for name, end := range map[string]func(y *terminal){
		"Ctrl-C":  func(y *terminal) { y.types("\x03") },
		"Enter":   func(y *terminal) { y.types("\n") },
		"SIGTERM": func(y *terminal) { y.signal(syscall.SIGTERM) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := atTerminal(t, "", "exec", "--device", "http://admin@ADDR", "-e", `print(1)`)
			y.expect("password of admin at ")
			y.quiet()
			end(y)
			if name == "Enter" {
				y.expect("no password was given")
			} else {
				y.expect("interrupted")
			}
			if status := y.endsWithin(10 * time.Second); status != statusFailure {
				t.Errorf("status %d", status)
			}
			y.inOrder()
		})
	}
}

// TestTerminalCtrlC types Ctrl-C while a head turns.
func TestTerminalCtrlC(t *testing.T) {
	t.Parallel()
	y := atTerminal(t, "simulated", "exec", "--device", "http://admin@ADDR", "-e", turn)
	y.expect("turning")
	y.types("\x03")
	y.expect("interrupted")
	if status := y.endsWithin(10 * time.Second); status != statusFailure {
		t.Errorf("status %d", status)
	}
	y.atRest()
	y.inOrder()
}

// TestTerminalOrder: what a script prints and logs comes in its order, and the
// error last.
func TestTerminalOrder(t *testing.T) {
	t.Parallel()
	y := atTerminal(t, "simulated", "exec", "-e", `for i = 1, 300 do print("p" .. i) hik.log.info("l" .. i) end error("the end")`)
	y.expect("the end")
	var got []string
	for _, line := range strings.Split(string(y.shown), "\r\n") {
		if _, text, ok := strings.Cut(line, " INF "); ok {
			line = strings.TrimSuffix(text, " script=exec")
		}
		got = append(got, line)
	}
	for i := range 300 {
		n := strconv.Itoa(i + 1)
		if want := []string{"p" + n, "l" + n}; len(got) < 2*i+2 || !slices.Equal(got[2*i:2*i+2], want) {
			t.Fatalf("%q, want %q", got[2*i:min(2*i+2, len(got))], want)
		}
	}
	y.endsWithin(10 * time.Second)
}

// TestReplAtTheTerminal types what an operator would.
func TestReplAtTheTerminal(t *testing.T) {
	for _, end := range []string{"Ctrl-D", "SIGTERM"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			y := atTerminal(t, "simulated", "repl", "--device", "http://admin@ADDR")
			y.prompt()
			y.types("40 + 2\r")
			y.expect("42\r\n")
			y.prompt()
			y.types(`for i = 1, 3 do print("n" .. i) end` + "\r")
			y.expect("n1\r\nn2\r\nn3\r\n")
			y.prompt()

			// Ctrl-C breaks off a line that runs, and stops the heads.
			y.types(`cam:ptz_pan_tilt(40, 0) print("turn" .. "ing") hik.sleep(60)` + "\r")
			y.expect("turning")
			y.types("\x03")
			y.expect("interrupted; the heads stop")
			y.prompt()

			// A head that turns while nothing runs stops at the end.
			y.types(`cam:ptz_pan_tilt(-40, 0) print("turn" .. "ing")` + "\r")
			y.expect("turning")
			y.prompt()
			if !y.device.Driven(1) {
				t.Error("the head does not turn")
			}
			if end == "Ctrl-D" {
				y.types("\x04")
			} else {
				y.signal(syscall.SIGTERM)
			}
			if status := y.endsWithin(10 * time.Second); status != statusOK {
				t.Errorf("status %d", status)
			}
			y.atRest()
			y.inOrder()
			var sent []string
			for _, e := range y.device.Journal() {
				if strings.HasPrefix(e.What, "continuous") && !slices.Contains(sent, e.What) {
					sent = append(sent, e.What) // a motion is renewed
				}
			}
			if want := []string{"continuous 40 0 0", "continuous 0 0 0", "continuous -40 0 0"}; !slices.Equal(sent, want) {
				t.Errorf("Ctrl-C did not stop the head: the device was sent %q", sent)
			}
		})
	}
}

// TestStalledTerminal: the one who sits there has typed Ctrl-S and gone.
func TestStalledTerminal(t *testing.T) {
	for _, args := range [][]string{
		{"repl", "--device", "http://admin@ADDR"},
		{"exec", "--device", "http://admin@ADDR", "-e", `cam:ptz_pan_tilt(40, 0) print("turning") while true do print(("x"):rep(2000)) end`},
	} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			y := atTerminal(t, "simulated", slices.Clone(args)...)
			if args[0] == "repl" {
				y.prompt()
				y.types(`cam:ptz_pan_tilt(40, 0) print("turn" .. "ing") while true do print(("x"):rep(2000)) end` + "\r")
			}
			y.expect("turning")
			y.expect("xxxxxxxx")
			y.leaves()
			y.signal(syscall.SIGTERM)
			y.endsWithin(8 * time.Second)
			y.atRest()
			y.inOrder()
		})
	}
}

// Letters beyond ASCII are letters, not Alt and a key.
func TestLettersAtTheREPL(t *testing.T) {
	y := atTerminal(t, "simulated", "repl", "--device", "http://admin@ADDR")
	y.prompt()
	y.types(`print(("Tür ß é Ж 日本."):rep(2))` + "\r")
	y.expect("Tür ß é Ж 日本.Tür ß é Ж 日本.\r\n")
}

// TestReplOverASlowLine types quicker than the line answers: no key is lost,
// and none is taken for another.
func TestReplOverASlowLine(t *testing.T) {
	for _, lag := range []time.Duration{25 * time.Millisecond, 200 * time.Millisecond} {
		t.Run(lag.String(), func(t *testing.T) {
			t.Parallel()
			y := atTerminal(t, "simulated", "repl", "--device", "http://admin@ADDR")
			y.prompt()
			y.movesAway(lag)
			keys := rand.New(rand.NewPCG(1, 2))
			const lines = 20
			for i := range lines {
				for _, key := range []byte(fmt.Sprintf("print('Süd %d' .. '.')\r", i)) { // a line may cut a letter in two, too
					y.types(string([]byte{key}))
					time.Sleep(time.Duration(keys.IntN(16)) * time.Millisecond)
				}
			}
			for i := range lines {
				y.expect(fmt.Sprintf("Süd %d.\r\n", i))
			}
			y.prompt()
			y.mu.Lock()
			defer y.mu.Unlock()
			if bytes.Contains(y.shown, []byte("\x1b[6n")) {
				t.Error("the terminal is asked for its cursor")
			}
		})
	}
}

// A snapshot is shown as a picture where the terminal can, and its size is told
// everywhere.
func TestPictureAtTheTerminal(t *testing.T) {
	size := func(m image.Config, err error) string {
		if err != nil {
			return err.Error()
		}
		return fmt.Sprint(m.Width, "x", m.Height)
	}
	for name, c := range map[string]struct {
		env        []string
		attributes string
		begin, end string
		size       func(t *testing.T, sent string) string // of the picture
	}{
		"kitty": {env: []string{"KITTY_WINDOW_ID=1"}, begin: "\x1b_Ga=T,f=24,o=z,q=2,s=640,v=360,m=1;", end: "m=0;",
			size: func(t *testing.T, sent string) string {
				var all strings.Builder
				for piece := range strings.SplitSeq(sent, "\x1b\\") {
					_, data, _ := strings.Cut("m=1;"+strings.TrimPrefix(piece, "\x1b_Gm=1;"), "m=1;")
					if len(data) > 4096 {
						t.Errorf("a piece of %d bytes", len(data))
					}
					all.WriteString(data)
				}
				z, err := zlib.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(all.String())))
				if err != nil {
					return err.Error()
				}
				pixels, _ := io.ReadAll(z) // the last piece is not among them
				if n := len(pixels); n < 640*300*3 || n > 640*360*3 {
					return fmt.Sprint(n, " bytes")
				}
				return "640x360"
			}},
		"iTerm2": {env: []string{"TERM_PROGRAM=iTerm.app"}, begin: "\x1b]1337;File=inline=1;size=", end: "\a",
			size: func(_ *testing.T, sent string) string {
				_, data, _ := strings.Cut(sent, "width=640px;height=360px:")
				return size(jpeg.DecodeConfig(base64.NewDecoder(base64.StdEncoding, strings.NewReader(data))))
			}},
		"sixel": {attributes: "62;4;22", begin: "\x1bP0;1;q\"1;1;640;360#0;2;0;0;0", end: "\x1b\\",
			size: func(t *testing.T, sent string) string {
				bands := strings.Split(strings.TrimSuffix(sent, "-"), "-")
				colour, run := regexp.MustCompile(`#\d+(;\d+)*`), regexp.MustCompile(`(?:!(\d+))?[?-~]`)
				for _, band := range bands {
					for row := range strings.SplitSeq(strings.TrimSuffix(band, "$"), "$") {
						width := 0
						row = colour.ReplaceAllString(row, "")
						for _, m := range run.FindAllStringSubmatch(row, -1) {
							n, _ := strconv.Atoi(m[1])
							width += max(n, 1)
						}
						if width != 640 {
							t.Fatalf("a row of %d columns: %.80q", width, row)
						}
					}
				}
				return fmt.Sprint("640x", 6*len(bands))
			}},
		"no sixels": {attributes: "62;22"},
		"silent":    {},
		"in tmux":   {env: []string{"KITTY_WINDOW_ID=1", "TMUX=/tmp/x"}, attributes: "62;22"},
		"dumb":      {env: []string{"TERM=dumb"}, attributes: "62;4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := atTerminalLike(t, c.env, "simulated", "repl", "--device", "http://admin@ADDR")
			y.mu.Lock()
			y.attributes = c.attributes
			y.mu.Unlock()
			y.prompt()
			y.types("cam:snapshot()\r")
			if c.begin == "" {
				if before := y.expect("snapshot of cam/1, image/jpeg, "); strings.Contains(before, "1337") || strings.Contains(before, "\x1b_G") || strings.Contains(before, "\x1bP") {
					t.Errorf("a picture: %.200q", before)
				}
				y.prompt()
				y.types("print('typed' .. 1)\r")
				y.expect("typed1\r\n")
				return
			}
			y.expect(c.begin)
			sent := y.expect(c.end)
			if got := c.size(t, sent); got != "640x360" {
				t.Errorf("the picture is %s: %.80q", got, sent)
			}
			y.expect("snapshot of cam/1, image/jpeg, ")
			y.prompt()
			if name == "sixel" { // asked once
				y.types("cam:snapshot()\r")
				y.expect(c.begin)
				y.prompt()
				y.mu.Lock()
				if n := bytes.Count(y.shown, []byte("\x1b[c")); n != 1 {
					t.Errorf("asked %d times", n)
				}
				y.mu.Unlock()
			}
		})
	}
}
