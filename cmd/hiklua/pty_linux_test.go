package main

import (
	"bytes"
	"os"
	"os/exec"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a process at a terminal of its own, and who sits there.
type terminal struct {
	*process
	master, slave *os.File
	before        unix.Termios

	mu    sync.Mutex
	more  chan struct{} // closed when something was shown
	shown []byte
	seen  int  // of shown, what expect has passed
	away  bool // nobody reads
	dead  bool // and nobody will
}

// atTerminal starts the program at a terminal. Without a password it is asked
// for.
func atTerminal(t *testing.T, password string, args ...string) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	t.Cleanup(func() { master.Close() })
	y := &terminal{master: master, more: make(chan struct{})}
	n := 0
	y.control(t, master, func(fd int) error {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		n, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
	if y.slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { y.slave.Close() })
	y.control(t, y.slave, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 100})
	})
	y.before = y.termios(t)
	y.process = aloneWithDevice(t)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "ADDR", y.server.Addr())
	}
	y.cmd = exec.Command(os.Args[0], args...)
	y.cmd.Dir = t.TempDir()
	y.cmd.Env = append(os.Environ(), beProgram+"=1", "TERM=xterm", "NO_COLOR=1", "HOME="+y.cmd.Dir, "HIKLUA_PASSWORD="+password)
	y.cmd.Stdin, y.cmd.Stdout, y.cmd.Stderr = y.slave, y.slave, y.slave
	y.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := y.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { y.cmd.Process.Kill(); y.cmd.Wait() })
	y.lines = make(chan string)
	close(y.lines)
	go y.read()
	return y
}

func (y *terminal) control(t *testing.T, f *os.File, do func(fd int) error) {
	t.Helper()
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if failed := raw.Control(func(fd uintptr) { err = do(int(fd)) }); failed != nil || err != nil {
		t.Fatal(failed, err)
	}
}

func (y *terminal) termios(t *testing.T) (now unix.Termios) {
	t.Helper()
	y.control(t, y.slave, func(fd int) error {
		got, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err == nil {
			now = *got
		}
		return err
	})
	return now
}

// read takes what is shown, and answers as a terminal does that is asked where
// its cursor is.
func (y *terminal) read() {
	piece := make([]byte, 4096)
	for {
		n, err := y.master.Read(piece)
		y.mu.Lock()
		if err != nil || y.away {
			y.dead = true
			close(y.more)
			y.mu.Unlock()
			return
		}
		from := max(0, len(y.shown)-3)
		asked := bytes.Count(y.shown[from:], []byte("\x1b[6n"))
		y.shown = append(y.shown, piece[:n]...)
		asked = bytes.Count(y.shown[from:], []byte("\x1b[6n")) - asked
		close(y.more)
		y.more = make(chan struct{})
		y.mu.Unlock()
		for range asked {
			y.types("\x1b[1;1R")
		}
	}
}

// leaves is the end of reading: from the next piece on nobody does.
func (y *terminal) leaves() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.away = true
}

func (y *terminal) types(text string) { y.master.WriteString(text) }

// expect waits until the terminal shows want, and returns what came before.
func (y *terminal) expect(want string) string {
	y.t.Helper()
	late := time.After(20 * time.Second)
	for {
		y.mu.Lock()
		shown, more, dead := y.shown[y.seen:], y.more, y.dead
		if i := bytes.Index(shown, []byte(want)); i >= 0 {
			y.seen += i + len(want)
			y.mu.Unlock()
			return string(shown[:i])
		}
		y.mu.Unlock()
		if dead {
			y.t.Fatalf("the terminal does not show %q:\n%q", want, shown)
		}
		select {
		case <-more:
		case <-late:
			y.t.Fatalf("the terminal does not show %q:\n%q", want, shown)
		}
	}
}

// prompt waits until a line can be typed: the cursor is there.
func (y *terminal) prompt() {
	y.t.Helper()
	y.expect("hik> ")
	y.expect("\x1b[?25h")
}

// quiet waits until what is typed is not shown any more.
func (y *terminal) quiet() {
	y.t.Helper()
	for began := time.Now(); y.termios(y.t).Lflag&unix.ECHO != 0; goruntime.Gosched() {
		if time.Since(began) > 20*time.Second {
			y.t.Fatal("what is typed is shown")
		}
	}
}

// inOrder wants the terminal to be as it was.
func (y *terminal) inOrder() {
	y.t.Helper()
	if now := y.termios(y.t); now != y.before {
		y.t.Errorf("the terminal is left as %+v, it was %+v", now, y.before)
	}
}

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
			y.expect("interrupted")
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
