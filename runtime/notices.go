package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/notify"
)

const (
	// noticesClose is how long the end of the host waits for notifications.
	noticesClose = 3 * time.Second
	// noticesWait is how long the end of a program waits for its own.
	noticesWait = 30 * time.Second
)

// newNotifier makes what sends notifications; nil where none leaves the machine:
// with simulated devices, and in virtual time.
func (h *Host) newNotifier() *notify.Notifier {
	if h.conf.Quiet || clock.IsVirtual(h.clk) && h.conf.HTTP == nil {
		return nil
	}
	s := h.site()
	return notify.New(notify.Config{Clock: h.clk, Log: h.log, Version: h.conf.Version, HTTP: h.web, Targets: s.Notify, Zone: s.Timezone})
}

// Notify implements luaapi.Script.
func (s *script) Notify(ctx context.Context, target string, n luaapi.Notice) error {
	h := s.host
	if _, known := h.site().Target(target); !known {
		return luaapi.UnknownTarget(target, h.site().TargetNames())
	}
	m := notify.Message{Title: n.Title, Text: n.Text, Script: s.name, Time: h.clk.Now()}
	h.recordNotice(ctx, target, n, m.Time)
	if h.conf.Notified != nil {
		h.conf.Notified(s.name, target, n)
	}
	if n.Picture != nil {
		m.Picture = &notify.Picture{Name: n.PictureName, ContentType: n.ContentType, Data: n.Picture}
	}
	if h.notices == nil {
		attrs := []slog.Attr{slog.String("target", target), slog.String("text", strings.Join(strings.Fields(n.Title+" "+n.Text), " "))}
		if n.Picture != nil {
			attrs = append(attrs, slog.String("picture", fmt.Sprintf("%s, %d bytes", n.PictureName, len(n.Picture))))
		}
		s.Log(ctx, slog.LevelInfo, "would notify; nothing is sent where devices are simulated", attrs...)
		return nil
	}
	receipt, known := h.notices.Notify(target, m)
	if !known {
		return luaapi.UnknownTarget(target, h.site().TargetNames())
	}
	if !s.isFile() && !s.session {
		s.mu.Lock()
		s.receipts = append(s.receipts, sentNotice{target, receipt})
		s.mu.Unlock()
	}
	return nil
}

// sentNotice is a notification of a program, which waits for it at its end.
type sentNotice struct {
	target  string
	receipt *notify.Receipt
}

// awaitNotices waits until the notifications of a program that has ended are
// delivered, logs those that are not, and returns how many these are. A program
// that has a host of its own gives each one try.
func (s *script) awaitNotices(ctx context.Context) (failed int) {
	h := s.host
	s.mu.Lock()
	sent := s.receipts
	s.mu.Unlock()
	if len(sent) == 0 {
		return 0
	}
	ctx, cancel := clock.WithTimeout(h.clk, ctx, noticesWait)
	defer cancel()
	otherwise := "the host goes on trying"
	if !h.resident.Load() {
		otherwise = "it is lost: the program has ended"
		h.notices.Flush(ctx)
	}
	for _, n := range sent {
		err := n.receipt.Wait(ctx)
		if err == nil {
			continue
		}
		failed++
		why := err.Error()
		switch cause := clock.Cause(ctx); {
		case errors.Is(cause, context.DeadlineExceeded):
			why = "not done within " + clock.FormatDuration(noticesWait)
		case cause != nil:
			why = "interrupted"
		}
		hint := otherwise
		if told, ok := errors.AsType[*notify.Error](err); ok && told.Refused {
			hint = cmp.Or(told.Hint, "it is lost")
		}
		s.Log(ctx, slog.LevelError, "a notification is not delivered",
			slog.String("target", n.target), slog.String(keyError, why), slog.String(keyHint, hint))
	}
	return failed
}

// closeNotices gives what waits a last try.
func (h *Host) closeNotices(limit context.Context) {
	if h.notices == nil {
		return
	}
	ctx, cancel := clock.WithTimeout(h.clk, limit, noticesClose)
	defer cancel()
	h.notices.Close(ctx)
}

// NoticeStatus is how one way to tell a target of notify fares.
type NoticeStatus struct {
	Target  string       `json:"target"`
	Kind    string       `json:"kind"`
	Waiting int          `json:"waiting"` // notifications
	Sent    int          `json:"sent"`    // messages, since the host started
	Lost    int          `json:"lost,omitempty"`
	Error   *ErrorStatus `json:"error,omitempty"` // why the last try failed; its time is when that began
	RetryAt *time.Time   `json:"retry_at,omitempty"`
}

func (h *Host) noticeStatus(zone *time.Location) []NoticeStatus {
	if h.notices == nil {
		return nil
	}
	var all []NoticeStatus
	for _, s := range h.notices.Status() {
		st := NoticeStatus{Target: s.Target, Kind: s.Kind, Waiting: s.Waiting, Sent: s.Sent, Lost: s.Lost}
		if s.Failing != nil {
			st.Error = &ErrorStatus{Time: clock.In(s.Since, zone), Kind: "offline", Message: s.Failing.Message, Hint: s.Failing.Hint}
			st.RetryAt = clock.In(s.RetryAt, zone)
		}
		all = append(all, st)
	}
	return all
}
