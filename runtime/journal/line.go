package journal

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"time"
)

// line is an entry as the files have it: one line of JSON.
type line struct {
	Time     string  `json:"time"` // UTC, as timeLayout
	Dropped  int     `json:"dropped,omitempty"`
	Kind     Kind    `json:"kind,omitempty"`
	Device   string  `json:"device,omitempty"`
	Channel  int     `json:"channel,omitempty"`
	Script   string  `json:"script,omitempty"`
	Job      string  `json:"job,omitempty"`
	Task     string  `json:"task,omitempty"`
	What     string  `json:"what,omitempty"`
	Detail   string  `json:"detail,omitempty"`
	Name     string  `json:"name,omitempty"`
	Head     bool    `json:"head,omitempty"`
	Answer   string  `json:"answer,omitempty"` // "ok", or the kind of the error
	Error    string  `json:"error,omitempty"`
	Duration float64 `json:"duration"`         // seconds
	Waited   float64 `json:"waited,omitempty"` // seconds
	Size     int64   `json:"size,omitempty"`   // bytes
	Count    int     `json:"count,omitempty"`
}

const (
	// timeLayout has a fixed width, so that Read can look at it before
	// anything else.
	timeLayout = "2006-01-02T15:04:05.000000Z"
	// maxText bounds a text in a line, in bytes; a line is below 16 kB.
	maxText = 300
)

func (e *Entry) line(kindOf func(error) string) line {
	l := line{Time: e.Time.UTC().Format(timeLayout), Dropped: e.Dropped}
	if e.Dropped > 0 {
		return l
	}
	l.Kind, l.Device, l.Channel = e.Kind, cut(e.Device), e.Channel
	l.Script, l.Job, l.Task = cut(e.Script), cut(e.Job), cut(e.Task)
	l.What, l.Detail, l.Name, l.Head = cut(e.What), cut(e.Detail), cut(e.Name), e.Head
	l.Answer = "ok"
	if e.Err != nil {
		a := answerOf(e.Err, kindOf)
		l.Answer, l.Error = cut(a.Kind), cut(a.Message)
	}
	l.Duration, l.Waited = seconds(e.Duration), seconds(e.Waited)
	l.Size, l.Count = e.Size, e.Count
	return l
}

// encode adds v as one line of JSON that people can read, too: json.Marshal
// would escape < > &.
func encode(to *bytes.Buffer, v any) {
	enc := json.NewEncoder(to)
	enc.SetEscapeHTML(false)
	enc.Encode(v) // texts and finite numbers: no error
}

// cut shortens a long text to its beginning.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "..."
}

func seconds(d time.Duration) float64 { return max(d, 0).Round(time.Microsecond).Seconds() }

func durationOf(seconds float64) time.Duration {
	const most = 100 * 365 * 24 * 3600
	return time.Duration(math.Round(min(max(seconds, 0), most)*1e6)) * time.Microsecond
}
