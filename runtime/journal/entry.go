package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Entry is one command as it was carried out, or, with nothing but Time and
// Dropped, the note that some are missing.
type Entry struct {
	Time     time.Time     // when it was sent
	Device   string        // of site.yaml, or the address
	Channel  int           // 0: the device itself
	Script   string        // "": the host's own
	Job      string        // "": not the run of a job
	Task     string        // "tour/night#3"
	What     string        // "ptz_move"
	Detail   string        // "40 0 0"
	Err      error         // of the command; when it was read, an *Answer
	Duration time.Duration // until the answer, in microseconds
	Waited   time.Duration // in the device's queue before
	Dropped  int           // entries that were lost before this one
}

// Answer is the error of a command as the journal has it.
type Answer struct {
	Kind    string // "timeout", "locked", ...; "error" where there is no word for it
	Message string // one line
}

// Error is the message.
func (a *Answer) Error() string { return a.Message }

// maxText bounds a text in a line, in bytes; a line is below 4 kB.
const maxText = 300

// answerOf makes an error fit for the journal: with its kind, in one line.
func answerOf(err error, kindOf func(error) string) *Answer {
	if a, ok := errors.AsType[*Answer](err); ok {
		return a
	}
	kind := ""
	if kindOf != nil {
		kind = kindOf(err)
	}
	if kinder, ok := errors.AsType[interface {
		error
		Kind() string
	}](err); ok && kind == "" {
		kind = kinder.Kind()
	}
	if kind == "" {
		kind = "error"
	}
	return &Answer{Kind: kind, Message: strings.Join(strings.Fields(withoutAccount(err.Error())), " ")}
}

// withoutAccount blanks the account in every URL of a text. Errors of devices
// have none in the first place; this is for those of others.
func withoutAccount(text string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, "://")
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i+3])
		text = text[i+3:]
		end := strings.IndexAny(text, "/?# \t\r\n\"'")
		if end < 0 {
			end = len(text)
		}
		if at := strings.LastIndexByte(text[:end], '@'); at >= 0 {
			text = text[at+1:]
		}
	}
}

// AppendJSON adds the entry as one line of JSON, without the newline. Times
// are UTC, durations seconds. Texts are cut at 300 bytes.
func (e Entry) AppendJSON(b []byte) []byte { return e.appendJSON(b, nil) }

func (e *Entry) appendJSON(b []byte, kindOf func(error) string) []byte {
	b = append(b, `{"time":"`...)
	b = e.Time.UTC().AppendFormat(b, timeLayout)
	b = append(b, '"')
	if e.Dropped > 0 {
		b = append(b, `,"dropped":`...)
		b = strconv.AppendInt(b, int64(e.Dropped), 10)
		return append(b, '}')
	}
	b = appendText(b, "device", e.Device)
	if e.Channel != 0 {
		b = append(b, `,"channel":`...)
		b = strconv.AppendInt(b, int64(e.Channel), 10)
	}
	b = appendText(b, "script", e.Script)
	b = appendText(b, "job", e.Job)
	b = appendText(b, "task", e.Task)
	b = appendText(b, "what", e.What)
	b = appendText(b, "detail", e.Detail)
	if e.Err == nil {
		b = append(b, `,"answer":"ok"`...)
	} else {
		a := answerOf(e.Err, kindOf)
		b = appendText(b, "answer", a.Kind)
		b = appendText(b, "error", a.Message)
	}
	b = appendSeconds(b, "duration", e.Duration)
	if e.Waited > 0 {
		b = appendSeconds(b, "waited", e.Waited)
	}
	return append(b, '}')
}

// timeLayout has a fixed width, so that Read can look at it before anything
// else.
const timeLayout = "2006-01-02T15:04:05.000000Z"

func appendSeconds(b []byte, name string, d time.Duration) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return strconv.AppendFloat(b, max(d, 0).Round(time.Microsecond).Seconds(), 'f', -1, 64)
}

const hexDigits = "0123456789abcdef"

// appendText adds a field unless it is empty.
func appendText(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':', '"')
	for i, start := 0, len(b); i < len(text); {
		if len(b)-start >= maxText {
			b = append(b, "..."...)
			break
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b = append(b, "\ufffd"...)
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hexDigits[r>>4], hexDigits[r&15])
		default:
			b = append(b, text[i:i+n]...)
		}
		i += n
	}
	return append(b, '"')
}

// MarshalJSON implements json.Marshaler.
func (e Entry) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// UnmarshalJSON implements json.Unmarshaler.
func (e *Entry) UnmarshalJSON(data []byte) error {
	var line struct {
		Time     time.Time
		Device   string
		Channel  int
		Script   string
		Job      string
		Task     string
		What     string
		Detail   string
		Answer   string
		Error    string
		Duration float64
		Waited   float64
		Dropped  int
	}
	if err := json.Unmarshal(data, &line); err != nil {
		return err
	}
	if line.Time.IsZero() || line.Dropped < 0 || line.Answer == "" && line.Dropped == 0 {
		return errors.New("no entry of the journal")
	}
	*e = Entry{
		Time: line.Time, Device: line.Device, Channel: line.Channel,
		Script: line.Script, Job: line.Job, Task: line.Task, What: line.What, Detail: line.Detail,
		Duration: seconds(line.Duration), Waited: seconds(line.Waited), Dropped: line.Dropped,
	}
	if line.Answer != "ok" && line.Answer != "" {
		e.Err = &Answer{Kind: line.Answer, Message: line.Error}
	}
	return nil
}

func seconds(s float64) time.Duration {
	const most = 100 * 365 * 24 * 3600
	return time.Duration(math.Round(min(max(s, 0), most)*1e6)) * time.Microsecond
}

// String is the entry as a person reads it, in the zone of its time:
//
//	2026-03-04 12:00:00.250  gate/1  ptz_move 40 0 0  ok  31ms (waited 2ms)  tour/night#3
func (e Entry) String() string {
	var b strings.Builder
	b.WriteString(e.Time.Format("2006-01-02 15:04:05.000"))
	if e.Dropped > 0 {
		fmt.Fprintf(&b, "  %d commands are not on record: the disk was slow or full", e.Dropped)
		return b.String()
	}
	fmt.Fprintf(&b, "  %s", plain(e.Device))
	if e.Channel != 0 {
		fmt.Fprintf(&b, "/%d", e.Channel)
	}
	fmt.Fprintf(&b, "  %s", plain(e.What))
	if e.Detail != "" {
		fmt.Fprintf(&b, " %s", plain(e.Detail))
	}
	if e.Err == nil {
		b.WriteString("  ok")
	} else {
		a := answerOf(e.Err, nil)
		fmt.Fprintf(&b, "  %s: %s", plain(a.Kind), plain(a.Message))
	}
	fmt.Fprintf(&b, "  %v", short(e.Duration))
	if w := short(e.Waited); w > 0 {
		fmt.Fprintf(&b, " (waited %v)", w)
	}
	switch {
	case e.Task != "":
		fmt.Fprintf(&b, "  %s", plain(e.Task))
	case e.Script != "":
		fmt.Fprintf(&b, "  %s", plain(e.Script))
	}
	return b.String()
}

// plain keeps what devices and scripts write from reaching a terminal as more
// than text.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// short has three digits at most before the unit.
func short(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(10 * time.Millisecond)
}
