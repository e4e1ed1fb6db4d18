package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tmuxScreen is a terminal of tmux with the program in it: what is seen there is
// what people see.
type tmuxScreen struct {
	t      *testing.T
	socket string
	dir    string
}

// inTmux starts the program in a terminal of 60 columns and 12 rows. Its folder
// has a site with one simulated head.
func inTmux(t *testing.T, dir string, args ...string) *tmuxScreen {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("LEFT OUT: tmux is not here; what people see at the REPL is not looked at")
	}
	socket, err := os.MkdirTemp("", "tmux") // a path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	s := &tmuxScreen{t: t, socket: filepath.Join(socket, "s"), dir: dir}
	t.Cleanup(func() {
		s.run("kill-server")
		os.RemoveAll(socket)
	})
	words := []string{"env", beProgram + "=1", "HOME=" + dir, "XDG_STATE_HOME=", "NO_COLOR=1", "COLUMNS=", "LC_ALL=C.UTF-8", os.Args[0]}
	for i, w := range append(words, args...) {
		if i >= len(words) {
			words = append(words, w)
		}
	}
	for i, w := range words {
		words[i] = shellWord(w)
	}
	if out, err := s.run("-f", "/dev/null", "-u", "new-session", "-d", "-x", "60", "-y", "12", "-c", dir, strings.Join(words, " ")+"; sleep 100"); err != nil {
		t.Fatal(err, out)
	}
	return s
}

func siteWithHead(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{"site.yaml": "devices:\n  gate: {simulate: ptz, channels: {yard: {address: 1}}}\n"})
	return dir
}

func (s *tmuxScreen) run(args ...string) (string, error) {
	out, err := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	return string(out), err
}

// keys types: names of keys as tmux has them, or text.
func (s *tmuxScreen) keys(keys ...string) {
	s.t.Helper()
	if out, err := s.run(append([]string{"send-keys"}, keys...)...); err != nil {
		s.t.Fatal(err, out)
	}
}

// text types text as it stands.
func (s *tmuxScreen) text(text string) { s.keys("-l", text) }

// rows are those of the screen, without the empty ones at its end, and where
// the cursor stands.
func (s *tmuxScreen) rows() (rows []string, cursor string) {
	s.t.Helper()
	shown, err := s.run("capture-pane", "-p", ";", "display-message", "-p", "#{cursor_x},#{cursor_y}")
	if err != nil {
		s.t.Fatal(err, shown)
	}
	rows = strings.Split(strings.TrimRight(shown, "\n"), "\n")
	cursor, rows = rows[len(rows)-1], rows[:len(rows)-1]
	for len(rows) > 0 && rows[len(rows)-1] == "" {
		rows = rows[:len(rows)-1]
	}
	return rows, cursor
}

// shows waits until the last rows of the screen are those of want, and returns
// all of it. A row of want that ends with "..." is the beginning of one.
func (s *tmuxScreen) shows(want ...string) []string {
	s.t.Helper()
	return s.showsAt("", want...)
}

// showsAt waits until the cursor is there, too; "" is anywhere.
func (s *tmuxScreen) showsAt(at string, want ...string) []string {
	s.t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		rows, cursor := s.rows()
		if endsWith(rows, want) && (at == "" || at == cursor) {
			return rows
		}
		if time.Now().After(late) {
			s.t.Fatalf("the screen does not end with\n%s\n(cursor %s) but is\n%s\n(cursor %s)", strings.Join(want, "\n"), at, strings.Join(rows, "\n"), cursor)
		}
	}
}

func endsWith(rows, want []string) bool {
	if len(rows) < len(want) {
		return false
	}
	for i, row := range rows[len(rows)-len(want):] {
		if begin, cut := strings.CutSuffix(want[i], "..."); row != want[i] && !(cut && strings.HasPrefix(row, begin)) {
			return false
		}
	}
	return true
}

// At the last row of the screen what a line gives stands below it, and the menu
// takes the rows that it needs and gives them back.
func TestScreenOfTheREPL(t *testing.T) {
	t.Parallel()
	s := inTmux(t, siteWithHead(t), "repl", "--site", ".")
	s.shows("hik>")
	for _, n := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		s.text(n + "0 + 1")
		s.keys("Enter")
		s.shows("hik> "+n+"0 + 1", n+"1", "hik>")
	}
	s.shows("hik> 70 + 1", "71", "hik> 80 + 1", "81", "hik>")

	s.text("hik.s")
	s.keys("Tab")
	s.showsAt("10,5", "hik> hik.s", "  script...", "  set_home...", "  set_output...", "  set_preset...", "  set_time...", "  ... 7 more")
	s.text("et_")
	s.shows("hik> hik.set_", "  set_home...", "  set_output...", "  set_preset...", "  set_time...")
	s.keys("Tab", "Tab")
	s.shows("hik> hik.set_output", "  set_home...", "> set_output...", "  set_preset...", "  set_time...")
	s.keys("Enter") // takes it
	s.shows("81", "hik> hik.set_output", "hik.set_output(dev, n, on, {duration=})  switches a relay")
	s.keys("C-u")
	s.text("print(#'x')")
	s.keys("Enter")
	s.shows("hik> print(#'x')", "1", "hik>")

	// Names that the device has to be asked for come by themselves.
	s.text(`gate:channel("yard"):preset("fe`)
	s.keys("Tab")
	s.shows(`hik> gate:channel("yard"):preset("fence`, "channel:preset(preset, {wait=, special=})...")
	s.keys("C-c")
	s.shows(`hik> gate:channel("yard"):preset("fence`, "hik>")

	// Earlier lines, and a search in them.
	s.keys("Up", "Up")
	s.shows("hik> 80 + 1")
	s.keys("C-c", "C-r")
	s.text("70")
	s.shows("search: 70 > 70 + 1")
	s.keys("Enter")
	s.shows("hik> 70 + 1", "71", "hik>")
}

// Letters that take two columns or none, lines that are wider than the screen,
// and several lines: the cursor stands where it belongs.
func TestWideLettersOnTheScreen(t *testing.T) {
	t.Parallel()
	s := inTmux(t, siteWithHead(t), "repl", "--site", ".")
	s.shows("hik>")
	s.text("x = '日本 Tür'")
	s.showsAt("19,3", "hik> x = '日本 Tür'")
	s.keys("Left", "Left", "Left", "Left", "Left")
	s.showsAt("14,3", "hik> x = '日本 Tür'")
	s.keys("BSpace")
	s.text("e\u0301")
	s.showsAt("13,3", "hik> x = '日e\u0301 Tür'")
	s.keys("Home", "C-k")

	s.text("y = '" + strings.Repeat("ab", 40))
	s.showsAt("30,4", "hik> y = '"+strings.Repeat("ab", 25), strings.Repeat("ab", 15))
	s.keys("Home")
	s.showsAt("5,3", "hik> y = '"+strings.Repeat("ab", 25), strings.Repeat("ab", 15))
	s.keys("C-k")
	s.showsAt("5,3", "hik>")

	// A paste of several lines is one piece; the way up and down leads through it.
	if out, err := s.run("set-buffer", "for i = 1, 2 do\n  print('Größe', i)\nend", ";", "paste-buffer", "-p"); err != nil {
		t.Fatal(err, out)
	}
	s.showsAt("8,5", "hik> for i = 1, 2 do", " ..>   print('Größe', i)", " ..> end")
	s.keys("Up", "Up", "End", "BSpace", "BSpace", "BSpace", "BSpace")
	s.text("3 do")
	s.keys("Enter") // whole: it runs
	s.shows("hik> for i = 1, 3 do", " ..>   print('Größe', i)", " ..> end", "Größe   1", "Größe   2", "Größe   3", "hik>")
	if out, err := s.run("set-buffer", "p = 2\np * 21\nlocal q = p\nq", ";", "paste-buffer", "-p"); err != nil {
		t.Fatal(err, out)
	}
	s.keys("Enter") // each as if it had been typed
	s.shows("hik> p = 2", " ..> p * 21", " ..> local q = p", " ..> q", "42", "2", "hik>")
}

// Of a text that is taller than the screen the part around the cursor is shown.
func TestTallText(t *testing.T) {
	t.Parallel()
	s := inTmux(t, siteWithHead(t), "repl", "--site", ".")
	s.shows("hik>")
	text := "do\n"
	for i := range 30 {
		text += fmt.Sprintf("local a%d = %d\n", i, i)
	}
	if out, err := s.run("set-buffer", text+"print('done') end", ";", "paste-buffer", "-p"); err != nil {
		t.Fatal(err, out)
	}
	s.showsAt("22,11", " ..> local a28 = 28", " ..> local a29 = 29", " ..> print('done') end")
	for range 20 {
		s.keys("Up")
	}
	s.keys("End")
	s.text("0")
	s.showsAt("20,6", " ..> local a9 = 9", " ..> local a10 = 100", " ..> local a11 = 11", " ..> local a12 = 12", " ..> local a13 = 13", " ..> local a14 = 14", " ..> local a15 = 15")
	s.keys("Enter")
	s.shows(" ..> print('done') end", "done", "hik>")
}

// What a job prints stands above the lines that are being typed, whatever the
// size of the screen becomes.
func TestOutputAboveTheLine(t *testing.T) {
	t.Parallel()
	s := inTmux(t, siteWithHead(t), "repl", "--site", ".")
	s.shows("hik>")
	s.text("n = 0 job = hik.every(0.3, {overlap = 'skip'}, function()")
	s.keys("Enter")
	s.text("if go then n = n + 1 print('tick', n) end end)")
	s.keys("Enter")
	s.shows(" ..> if go then n = n + 1 print('tick', n) end end)", "hik>")
	s.text("go = true")
	s.keys("Enter")
	s.text("for i = 1, 2 do")
	s.keys("Enter")
	s.text("print('typed')")
	rows := s.shows("tick...", "hik> for i = 1, 2 do", " ..> print('typed')")
	if all := strings.Join(rows, "\n"); strings.Count(all, "typed") != 1 || strings.Count(all, "for i") != 1 {
		t.Errorf("the line is shown more than once:\n%s", all)
	}
	if out, err := s.run("resize-window", "-x", "30", "-y", "10"); err != nil {
		t.Fatal(err, out)
	}
	s.text(" -- and some more to be wrapped")
	rows = s.shows("hik> for i = 1, 2 do", " ..> print('typed') -- and som", "e more to be wrapped")
	if all := strings.Join(rows, "\n"); strings.Count(all, "typed") != 1 {
		t.Errorf("after a resize the line is shown more than once:\n%s", all)
	}
	s.keys("C-c")
	s.text("go = false")
	s.keys("Enter")
	s.shows("hik> go = false", "hik>")
}

// Inside a running host the prompt says so, and what the host logs and its jobs
// do is shown above it.
func TestAttachedScreen(t *testing.T) {
	t.Parallel()
	dir := siteWithHead(t)
	write(t, dir, map[string]string{"scripts/beat.lua": `
		hik.after(0.1, {name = "long"}, function() hik.log.info("long begins") hik.sleep(100) end)
		hik.on("go", {name = "bad"}, function(v) hik.log.info("heard " .. v) error("broken") end)`})
	host := inTmux(t, dir, "run", ".")
	host.shows("...")
	s := inTmux(t, dir, "repl", "--attach")
	name := filepath.Base(dir)
	s.shows("hik@" + name + ">")
	s.text("hik.emit('go', 'x')")
	s.keys("Enter")
	waitFor := func(want string) {
		t.Helper()
		for late := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
			rows, _ := s.rows()
			if strings.Contains(strings.Join(rows, "\n"), want) {
				break
			}
			if time.Now().After(late) {
				t.Fatalf("the screen has no %q:\n%s", want, strings.Join(rows, "\n"))
			}
		}
		s.shows("hik@" + name + ">")
	}
	waitFor("INF heard x")
	waitFor("JOB beat/bad failed")
	s.text(".jobs")
	s.keys("Enter")
	waitFor("beat/long")
	host.keys("C-c")
	waitFor("the host has stopped")
}
