package device

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// say has a line logged by a goroutine: the log may wait for its reader, and
// neither a stop nor the holder of a lock may wait for the log. The lines of
// one name keep their order.
func (r *Ref) say(level slog.Level, message string, attrs ...any) {
	r.logging.Add(func() { r.log.Log(context.Background(), level, message, attrs...) })
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
