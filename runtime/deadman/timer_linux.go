package deadman

import (
	"fmt"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hiklua/hiklua/runtime/hold"
)

// Boot is the time of the boot clock, CLOCK_BOOTTIME.
func Boot() hold.BootTime {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		panic(err) // Linux has had it since 2.6.39
	}
	return hold.BootTime(t.Nano())
}

// New returns a timer of the kernel. A process can have several.
func New() hold.Deadman { return &timer{} }

type timer struct {
	mu   sync.Mutex
	made bool
	id   int32 // of the kernel's, once it is made
}

// sigevent is struct sigevent of timer_create(2): always 64 bytes.
type sigevent struct {
	value  uintptr
	signo  int32
	notify int32
	_      [64 - 8 - unsafe.Sizeof(uintptr(0))]byte
}

const sigevSignal = 0 // SIGEV_SIGNAL: the signal goes to the process, not to a thread

// Arm implements hold.Deadman. A time that has passed kills at once.
func (t *timer) Arm(at hold.BootTime) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.made {
		event := sigevent{signo: int32(unix.SIGKILL), notify: sigevSignal}
		_, _, errno := unix.Syscall(unix.SYS_TIMER_CREATE, unix.CLOCK_BOOTTIME,
			uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&t.id)))
		if errno != 0 {
			return fmt.Errorf("kernel timer: %w", os.NewSyscallError("timer_create", errno))
		}
		t.made = true
	}
	// Zero would disarm it.
	when := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(at, hold.BootTime(time.Nanosecond))))}
	_, _, errno := unix.Syscall6(unix.SYS_TIMER_SETTIME, uintptr(t.id), unix.TIMER_ABSTIME,
		uintptr(unsafe.Pointer(&when)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("kernel timer: %w", os.NewSyscallError("timer_settime", errno))
	}
	return nil
}

// Disarm implements hold.Deadman. The kernel's timer is gone after it.
func (t *timer) Disarm() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.made {
		unix.Syscall(unix.SYS_TIMER_DELETE, uintptr(t.id), 0, 0)
		t.made = false
	}
}
