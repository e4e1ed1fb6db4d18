package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// LogFilter says which lines of a log are wanted. What is empty asks for nothing.
type LogFilter struct {
	Level  slog.Level // and those above
	Script string
	Device string
	Since  time.Time
	Before time.Time
}

// Takes reports whether a line is wanted.
func (f LogFilter) Takes(l *LogLine) bool {
	return l.Level >= f.Level && (f.Script == "" || l.Script == f.Script) && (f.Device == "" || l.Device == f.Device) &&
		!l.Time.Before(f.Since) && (f.Before.IsZero() || l.Time.Before(f.Before))
}

// LogLine is what a LogFilter looks at.
type LogLine struct {
	Time           time.Time
	Level          slog.Level
	Script, Device string
}

// ReadLogLine reads a line of slog's JSON.
func ReadLogLine(line []byte) (LogLine, error) {
	var l struct {
		LogLine
		Script, Device keyText
	}
	err := json.Unmarshal(line, &l)
	l.LogLine.Script, l.LogLine.Device = string(l.Script), string(l.Device)
	return l.LogLine, err
}

// keyText is the value of a key of a line. What a script logs need not be text.
type keyText string

// UnmarshalJSON implements json.Unmarshaler.
func (k *keyText) UnmarshalJSON(value []byte) error {
	if json.Unmarshal(value, (*string)(k)) != nil {
		*k = keyText(value)
	}
	return nil
}

// LogRequest is the query of GET /api/log: the last lines, and those to come.
// Its filter has no Before.
type LogRequest struct {
	LogFilter
	Lines  int // of those that the filter takes; -1: all
	Follow bool
}

// LogNote is a line of the answer that is none of the log: how many lines were
// left out for a client that was too slow, or what the host does not remember
// any more.
type LogNote struct {
	Missed uint64      `json:"missed,omitempty"`
	Older  *OlderLines `json:"older,omitempty"`
}

// OlderLines are lines that were asked for and lie before those that the host
// remembers.
type OlderLines struct {
	Before time.Time `json:"before"`
	Lines  int       `json:"lines"` // -1: all
}

// linesDefault is how many of the last lines are sent if none says how many.
const linesDefault = 50

// query is the request as it is sent.
func (r *LogRequest) query() url.Values {
	q := url.Values{"level": {r.Level.String()}, "lines": {strconv.Itoa(r.Lines)}}
	if r.Lines < 0 {
		q.Set("lines", "all")
	}
	if r.Follow {
		q.Set("follow", "true")
	}
	for key, value := range map[string]string{"script": r.Script, "device": r.Device} {
		if value != "" {
			q.Set(key, value)
		}
	}
	if !r.Since.IsZero() {
		q.Set("since", r.Since.Format(time.RFC3339Nano))
	}
	return q
}

// readLogRequest reads what query has written.
func readLogRequest(r *http.Request) (l LogRequest, err error) {
	q, err := query(r, "level", "lines", "follow", "script", "device", "since")
	if err != nil {
		return l, err
	}
	l.Lines, l.Script, l.Device = linesDefault, q.Get("script"), q.Get("device")
	if text := q.Get("level"); text != "" && l.Level.UnmarshalText([]byte(text)) != nil {
		return l, badRequest("level=%s: it is debug, info, warn or error", text)
	}
	if q.Get("lines") == "all" {
		l.Lines = -1
	} else if err := number(q, "lines", &l.Lines); err != nil {
		return l, err
	}
	switch text := q.Get("follow"); text {
	case "", "false":
	case "true":
		l.Follow = true
	default:
		return l, badRequest("follow=%s: it is true or false", text)
	}
	return l, moment(q, "since", &l.Since)
}

// sendLog is GET /api/log.
func sendLog(a *API, w http.ResponseWriter, r *http.Request) error {
	request, err := readLogRequest(r)
	if err != nil {
		return err
	}
	return a.stream(w, r, func(ctx context.Context, out *lines) error { return a.follow(ctx, request, out) })
}

func (a *API) follow(ctx context.Context, r LogRequest, out *lines) error {
	lines, from, forgotten, more := a.conf.Ring.Since(0)
	lines, older := r.lastOf(lines, forgotten > 0)
	if older != nil {
		if err := out.send(LogNote{Older: older}); err != nil {
			return err
		}
	}
	for over := !r.Follow; ; {
		var wanted []byte
		for _, line := range lines {
			if l, err := ReadLogLine(line); err == nil && r.Takes(&l) {
				wanted = append(append(wanted, line...), '\n')
			}
		}
		if err := out.write(wanted); err != nil || over {
			return err
		}
		select {
		case <-more:
		case <-ctx.Done():
			over = true // once more, for what came last
		}
		var missed uint64
		lines, from, missed, more = a.conf.Ring.Since(from)
		if missed > 0 {
			if err := out.send(LogNote{Missed: missed}); err != nil {
				return err
			}
		}
	}
}

// lastOf gives those of the lines that are asked for; older: some that lie
// before them may be asked for, too. forgotten: there were some.
func (r *LogRequest) lastOf(lines [][]byte, forgotten bool) (last [][]byte, older *OlderLines) {
	if r.Lines == 0 || len(lines) == 0 {
		return nil, nil
	}
	for _, line := range slices.Backward(lines) {
		if l, err := ReadLogLine(line); err == nil && r.Takes(&l) {
			if last = append(last, line); len(last) == r.Lines {
				break
			}
		}
	}
	slices.Reverse(last)
	oldest, err := ReadLogLine(lines[0])
	if !forgotten || err != nil || len(last) == r.Lines || oldest.Time.Before(r.Since) {
		return last, nil
	}
	older = &OlderLines{Before: oldest.Time.Truncate(time.Millisecond), Lines: -1} // as exact as a log file
	if r.Lines > 0 {
		older.Lines = r.Lines - len(last)
	}
	return last, older
}
