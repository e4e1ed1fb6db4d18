package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
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
