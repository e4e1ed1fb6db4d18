package main

import (
	"bytes"
	"os"
	"os/exec"
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

	keys chan delayed // what was typed, on its way

	mu    sync.Mutex
	lag   time.Duration // of what is typed, and of what is shown
	more  chan struct{} // closed when something was shown
	shown []byte
	seen  int  // of shown, what expect has passed
	away  bool // nobody reads
	dead  bool // and nobody will

	attributes string // what it says of itself when it is asked
}

// delayed is text on its way over a slow line.
type delayed struct {
	text string
	due  time.Time
}

// atTerminal starts the program at a terminal. Without a password it is asked
// for.
func atTerminal(t *testing.T, password string, args ...string) *terminal {
	t.Helper()
	return atTerminalLike(t, nil, password, args...)
}

// atTerminalLike starts it at a terminal that the environment says to be
// another one than an xterm.
func atTerminalLike(t *testing.T, env []string, password string, args ...string) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	t.Cleanup(func() { master.Close() })
	y := &terminal{master: master, more: make(chan struct{}), keys: make(chan delayed, 10000)}
	go func() {
		for k := range y.keys {
			time.Sleep(time.Until(k.due))
			y.master.WriteString(k.text)
		}
	}()
	t.Cleanup(func() { close(y.keys) })
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
	for _, name := range []string{"TMUX", "STY", "KITTY_WINDOW_ID", "TERM_PROGRAM", "LC_TERMINAL"} {
		y.cmd.Env = append(y.cmd.Env, name+"=") // not those of the terminal that the tests run at
	}
	y.cmd.Env = append(y.cmd.Env, env...)
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

// read takes what is shown, and answers as a terminal does that is asked what
// it can.
func (y *terminal) read() {
	type read struct {
		text []byte
		due  time.Time
		err  error
	}
	pieces := make(chan read, 10000)
	go func() {
		for {
			piece := make([]byte, 4096)
			n, err := y.master.Read(piece)
			y.mu.Lock()
			due := time.Now().Add(y.lag)
			y.mu.Unlock()
			pieces <- read{piece[:n], due, err}
			if err != nil {
				return
			}
		}
	}()
	for {
		r := <-pieces
		piece, n, err := r.text, len(r.text), r.err
		time.Sleep(time.Until(r.due))
		y.mu.Lock()
		if err != nil || y.away {
			y.dead = true
			close(y.more)
			y.mu.Unlock()
			return
		}
		asked := bytes.Count(piece[:n], []byte("\x1b[c"))
		y.shown = append(y.shown, piece[:n]...)
		close(y.more)
		y.more = make(chan struct{})
		y.mu.Unlock()
		if asked > 0 && y.attributes != "" {
			y.types("\x1b[?" + y.attributes + "c")
		}
	}
}

// leaves is the end of reading: from the next piece on nobody does.
func (y *terminal) leaves() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.away = true
}

func (y *terminal) types(text string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.keys <- delayed{text, time.Now().Add(y.lag)}
}

// movesAway puts a slow line between the terminal and the program.
func (y *terminal) movesAway(lag time.Duration) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.lag = lag
}

// expect waits until the terminal shows want, and returns what came before.
func (y *terminal) expect(want string) string {
	y.t.Helper()
	late := time.After(patience)
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
	for began := time.Now(); y.termios(y.t).Lflag&unix.ECHO != 0; time.Sleep(time.Millisecond) {
		if time.Since(began) > patience {
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
