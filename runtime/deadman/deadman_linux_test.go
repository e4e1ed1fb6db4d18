package deadman

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/hold/holdtest"
)

// child is set for a process that a test starts: what it is to do.
const child = "DEADMAN_TEST_CHILD"

func TestMain(m *testing.M) {
	if do := os.Getenv(child); do != "" {
		runChild(do)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runChild ends by being killed, or says that it lives.
func runChild(do string) {
	soon := Boot().Add(300 * time.Millisecond)
	one, other := New(), New()
	switch do {
	case "stopped":
		must(one.Arm(soon))
		fmt.Println("armed")
		syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		for Boot() < soon.Add(time.Second) { // a process that has only been stopped
		}
	case "one of two":
		must(other.Arm(soon))
		must(one.Arm(soon.Add(time.Hour)))
		one.Disarm()
		time.Sleep(time.Minute)
	case "put off and back":
		must(one.Arm(soon.Add(time.Hour)))
		must(one.Arm(soon))
		time.Sleep(time.Minute)
	case "past":
		must(one.Arm(Boot().Add(-time.Second)))
		time.Sleep(time.Minute)
	case "zero":
		must(one.Arm(0))
		time.Sleep(time.Minute)
	case "holder":
		holdAndStop()
	case "own death":
		must(one.Arm(soon.Add(time.Hour)))
		return
	}
	fmt.Println("lives")
}

// holdAndStop holds a share until its end, and stands still meanwhile.
func holdAndStop() {
	engine := holdtest.NewEngine(clock.Real(), "left")
	hold.New(hold.Config{
		Share: "site", Host: "left", ID: "left", First: true, Lease: time.Second,
		Engine: engine.Member("left", clock.Real()), Driver: stopper{}, Clock: clock.Real(),
		Boot: Boot, Deadman: New(),
	}).Run(context.Background())
}

// stopper is a driver that has its process stopped when it is to drive.
type stopper struct{}

func (stopper) Hold(_ uint64, may func() bool) {
	syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	for may() {
	}
	fmt.Println("lives")
}

func (stopper) Wane()                     {}
func (stopper) Resume()                   {}
func (stopper) LetGo()                    {}
func (stopper) End(context.Context) error { return nil }

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
}

// runAs runs this test's program as a child.
func runAs(t *testing.T, do string) (out string, err error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), child+"="+do)
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill(); t.Errorf("%s: still there after 30 s", do) })
	defer late.Stop()
	err = cmd.Wait()
	return b.String(), err
}

func TestTheKernelKillsInTime(t *testing.T) {
	for _, do := range []string{"stopped", "one of two", "put off and back", "past", "zero", "holder"} {
		t.Run(do, func(t *testing.T) {
			t.Parallel()
			began := Boot()
			out, err := runAs(t, do)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Errorf("ended with %v: %s", err, out)
			}
			if strings.Contains(out, "lives") {
				t.Errorf("it went on after its time: %q", out)
			}
			// One that was only stopped would have stood still for ever.
			if took := Boot().Sub(began); took < 250*time.Millisecond && do != "past" && do != "zero" {
				t.Errorf("killed after %s", took)
			}
		})
	}
}

func TestTheTimerEndsWithItsProcess(t *testing.T) {
	if out, err := runAs(t, "own death"); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// left is how long the kernel's timer still has; false: there is none.
func left(d hold.Deadman) (time.Duration, bool) {
	var when unix.ItimerSpec
	_, _, errno := unix.Syscall(unix.SYS_TIMER_GETTIME, uintptr(d.(*timer).id), uintptr(unsafe.Pointer(&when)), 0)
	return time.Duration(when.Value.Nano()), errno == 0
}

func TestArmAndDisarm(t *testing.T) {
	one, other := New(), New()
	one.Disarm() // never armed
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	near := func(d hold.Deadman, want time.Duration) {
		t.Helper()
		if got, ok := left(d); !ok || got > want || got < want-time.Minute {
			t.Errorf("the timer has %s left, %t; want %s", got, ok, want)
		}
	}
	must(one.Arm(Boot().Add(time.Hour)))
	must(other.Arm(Boot().Add(2 * time.Hour)))
	near(one, time.Hour)
	near(other, 2*time.Hour)
	must(one.Arm(Boot().Add(3 * time.Hour)))
	near(one, 3*time.Hour)
	one.Disarm()
	one.Disarm()
	if got, ok := left(one); ok {
		t.Errorf("a timer that was disarmed is there and has %s left", got)
	}
	near(other, 2*time.Hour)
	must(one.Arm(Boot().Add(time.Hour)))
	near(one, time.Hour)
	one.Disarm()
	other.Disarm()
}

func uptime(t *testing.T) hold.BootTime {
	b, err := os.ReadFile("/proc/uptime")
	if err != nil {
		t.Skip(err)
	}
	word, _, _ := strings.Cut(string(b), " ")
	s, err := strconv.ParseFloat(word, 64)
	if err != nil {
		t.Fatal(err)
	}
	return hold.BootTime(s * float64(time.Second))
}

func TestBootIsTheTimeSinceTheStartOfTheMachine(t *testing.T) {
	before := uptime(t)
	got := Boot()
	after := uptime(t)
	if got < before || got > after.Add(20*time.Millisecond) {
		t.Errorf("Boot gives %d between %d and %d", got, before, after)
	}
	if again := Boot(); again < got {
		t.Errorf("Boot goes back from %d to %d", got, again)
	}
}
