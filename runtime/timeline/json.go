package timeline

import (
	"encoding/json"
	"io"
	"math"
	"time"
)

// Line is a line of a timeline in JSON: its span, an action, a finding, or what
// a device is asked. Keys that are of no use for its type are left out.
type Line struct {
	Type string `json:"type"` // span, action, finding, device

	Site     string     `json:"site,omitempty"`
	From     *time.Time `json:"from,omitempty"`
	To       *time.Time `json:"to,omitempty"`
	Timezone string     `json:"timezone,omitempty"`
	Seed     uint64     `json:"seed,omitempty"`
	Version  string     `json:"version,omitempty"`

	Time     *time.Time `json:"time,omitempty"`
	Duration float64    `json:"duration,omitempty"` // seconds
	Open     bool       `json:"open,omitempty"`
	Kind     string     `json:"kind,omitempty"` // of an action or of a finding
	Device   string     `json:"device,omitempty"`
	Channel  int        `json:"channel,omitempty"`
	Place    string     `json:"place,omitempty"`
	Script   string     `json:"script,omitempty"`
	Job      string     `json:"job,omitempty"`
	Task     string     `json:"task,omitempty"`
	Line     int        `json:"line,omitempty"`
	Text     string     `json:"text,omitempty"`
	Path     string     `json:"path,omitempty"`
	Failed   string     `json:"failed,omitempty"`
	Message  string     `json:"message,omitempty"`

	Count  int    `json:"count,omitempty"`
	Remedy string `json:"remedy,omitempty"`

	Commands int        `json:"commands,omitempty"`
	Peak     int        `json:"peak,omitempty"`
	PeakAt   *time.Time `json:"peak_at,omitempty"`
	Pictures int        `json:"pictures,omitempty"`
	Bytes    int64      `json:"bytes,omitempty"`
}

// JSON writes a timeline as lines of JSON: the span, its actions, its findings,
// and what each device is asked. What scripts print is among the actions only
// if prints is set.
func (t Timeline) JSON(to io.Writer, prints bool) error {
	enc := json.NewEncoder(to)
	enc.SetEscapeHTML(false)
	err := enc.Encode(Line{
		Type: "span", Site: t.Site, From: t.at(t.From), To: t.at(t.To), Timezone: t.Zone.String(), Seed: t.Seed, Version: t.Version,
	})
	for a := range t.Actions.All() {
		if err == nil && (prints || a.Kind != Print) {
			err = enc.Encode(t.actionLine(a))
		}
	}
	for _, f := range t.Findings {
		if err == nil {
			err = enc.Encode(Line{
				Type: "finding", Time: t.at(f.Time), Kind: string(f.Kind), Device: f.Device, Channel: f.Channel, Place: f.Place,
				Script: f.Script, Job: f.Job, Line: f.Line, Text: f.Text, Count: f.Count, Remedy: f.Remedy,
			})
		}
	}
	for _, d := range t.Traffic {
		if err == nil {
			err = enc.Encode(Line{
				Type: "device", Device: d.Device, Commands: d.Commands, Peak: d.Peak, PeakAt: t.at(d.PeakAt), Pictures: d.Pictures, Bytes: d.Bytes,
			})
		}
	}
	return err
}

func (t Timeline) actionLine(a Action) Line {
	return Line{
		Type: "action", Time: t.at(a.Time), Duration: math.Round(a.Duration.Seconds()*1000) / 1000, Open: a.Open, Kind: string(a.Kind),
		Device: a.Device, Channel: a.Channel, Place: a.Place, Script: a.Script, Job: a.Job, Task: a.Task, Line: a.Line,
		Text: a.Text, Path: a.Path, Failed: a.Failed, Message: a.Message,
	}
}

// at is a time in the zone of the site, to the millisecond.
func (t Timeline) at(when time.Time) *time.Time {
	when = when.In(t.Zone).Truncate(time.Millisecond)
	return &when
}
