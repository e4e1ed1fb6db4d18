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

// say has a line logged by a goroutine: the log may wait for its reader, and
// neither a stop nor the holder of a lock may wait for the log. The lines of
// one name keep their order.
func (r *Ref) say(level slog.Level, message string, attrs ...any) {
	r.saying.Lock()
	defer r.saying.Unlock()
	r.remarks = append(r.remarks, remark{level, message, attrs})
	if len(r.remarks) == 1 {
		r.ended.Go(r.speak)
	}
}

// speak logs what was said until nothing is left.
func (r *Ref) speak() {
	r.saying.Lock()
	defer r.saying.Unlock()
	for len(r.remarks) > 0 {
		next := r.remarks[0]
		r.saying.Unlock()
		r.log.Log(context.Background(), next.level, next.message, next.attrs...)
		r.saying.Lock()
		r.remarks = r.remarks[1:]
	}
}

// sent runs what sends something. A Go panic there is the error of that one
// command: it must not end the process, which has heads to stop.
func (r *Ref) sent(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			message := fmt.Sprintf("internal error: %v", v)
			r.say(slog.LevelError, "a function of hiklua failed: please report this", keyError, message, "go_stack", string(debug.Stack()))
			err = r.failure("panic", 0, message, "")
		}
	}()
	return f()
}
