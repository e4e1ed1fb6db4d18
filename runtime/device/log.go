package device

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// remark is a line for the log.
type remark struct {
	level   slog.Level
	message string
	attrs   []any
}

// remark keeps a line for the log until mu is free: whoever takes the log may
// wait, and a stop must not wait for it. Called with mu held; whoever holds mu
// calls speak afterwards.
func (d *Device) remark(level slog.Level, message string, attrs ...any) {
	d.remarks = append(d.remarks, remark{level, message, attrs})
}

// speak logs what was kept, in its order: one goroutine at a time does.
// Called without mu.
func (d *Device) speak() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.speaking {
		return
	}
	d.speaking = true
	for len(d.remarks) > 0 {
		r := d.remarks[0]
		d.remarks = d.remarks[1:]
		d.mu.Unlock()
		d.log.Log(context.Background(), r.level, r.message, r.attrs...)
		d.mu.Lock()
	}
	d.speaking = false
}

// recovered is deferred where something is sent: a Go panic there is the error
// of that one command. It must not end the process, which has heads to stop.
func (d *Device) recovered(err *error) {
	v := recover()
	if v == nil {
		return
	}
	message := fmt.Sprintf("internal error: %v", v)
	d.log.Error("a function of hiklua failed: please report this", keyError, message, "go_stack", string(debug.Stack()))
	*err = d.failure("panic", 0, message, "")
}
