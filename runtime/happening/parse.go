package happening

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/schedule"
	"github.com/hiklua/hiklua/runtime/site"
)

// maxProblems is how many mistakes of one file are told.
const maxProblems = 100

var (
	dateForm  = regexp.MustCompile(`^\d{4}-\d{1,2}-\d{1,2}$`)
	bothForm  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T`)
	clockForm = regexp.MustCompile(`^\d{1,2}:\d{2}(:\d{2})?$`)
	spanForm  = regexp.MustCompile(`^(\d{1,2}:\d{2}(?::\d{2})?)-(\d{1,2}:\d{2}(?::\d{2})?)$`)
)

// Parse reads a file of events. Where anything is wrong, problems has each
// mistake with its place, and no happening counts.
func Parse(file, text string, s *site.Site) (all []Happening, problems site.Problems) {
	text = strings.TrimPrefix(text, "\ufeff")
	for n, line := range strings.Split(text, "\n") {
		p := &parser{site: s, file: file, line: n + 1, text: line, left: wordsOf(line)}
		if len(p.left) == 0 {
			continue
		}
		last := p.left[len(p.left)-1]
		h := Happening{File: file, Line: n + 1, Text: strings.Join(strings.Fields(line[:last.at+len(last.text)]), " ")}
		if p.peek() == "random" {
			p.random(&h)
		} else {
			p.timed(&h)
		}
		p.end()
		switch {
		case p.problem == nil:
			all = append(all, h)
		case len(problems) < maxProblems:
			problems = append(problems, *p.problem)
		}
	}
	if problems != nil {
		return nil, problems
	}
	return all, nil
}

// timed reads "[DATE | DAYS] TIME[-TIME] WHAT".
func (p *parser) timed(h *Happening) {
	var days string
	first := p.left[0]
	when := first
	switch {
	case dateForm.MatchString(first.text):
		p.next()
		if len(p.left) == 0 {
			p.refuse(first, `the time is missing (such as "%s 23:10 gate motion")`, first.text)
			return
		}
	case !clockForm.MatchString(first.text) && !spanForm.MatchString(first.text) && !bothForm.MatchString(first.text) && !strings.HasPrefix(first.text, "sun"):
		if _, err := schedule.ParseDays(first.text); err == nil || strings.Contains(first.text, ",") {
			days = first.text
			p.next()
		}
	case strings.EqualFold(first.text, "sun") || strings.EqualFold(first.text, "sunday") || strings.HasPrefix(first.text, "sun,") || strings.HasPrefix(first.text, "sun-") && !strings.ContainsAny(first.text, "0123456789"):
		days = first.text
		p.next()
	}
	at, ok := p.next()
	if !ok {
		p.refuse(first, `a line begins with a time: "23:10 gate motion"`)
		return
	}
	from := at.text
	if span := spanForm.FindStringSubmatch(at.text); span != nil {
		from = span[1]
		p.span(h, at, span[1], span[2])
	}
	if dateForm.MatchString(first.text) {
		from = first.text + " " + from
	} else {
		when = at
	}
	h.when = p.schedule(when, from)
	if days != "" {
		filter, err := schedule.ParseFilter(days, "", p.site.Timezone, nil)
		if err != nil {
			p.refuse(first, "%s", specText(err))
			return
		}
		if p.problem == nil {
			h.when = schedule.Restrict(h.when, filter)
		}
	}
	if p.problem == nil {
		h.What = p.what(h.until == nil)
	}
	if h.until != nil && h.What.Emit != "" {
		p.refuse(at, "an event for scripts is of a moment: one time, not two")
	}
}

// span reads the two times of a span.
func (p *parser) span(h *Happening, at word, from, to string) {
	wall := func(text string) time.Duration {
		for _, form := range []string{"15:04:05", "15:04"} {
			if t, err := time.Parse(form, text); err == nil {
				return t.Sub(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC))
			}
		}
		return -1
	}
	if to == "24:00" {
		to = "00:00"
	}
	begin, end := wall(from), wall(to)
	switch {
	case begin < 0 || end < 0:
		p.refuse(at, "there is no such time of day (00:00 to 24:00)")
	case begin == end:
		p.refuse(at, "%s begins and ends at one time", at.text)
	}
	if end < begin {
		end += 24 * time.Hour
	}
	h.length = end - begin
	h.until = p.schedule(at, to)
}

// schedule reads a time as hik.at does.
func (p *parser) schedule(at word, text string) schedule.Schedule {
	s, err := schedule.ParseAt(text, p.site.Timezone, placeOf(p.site))
	if err != nil {
		p.refuse(at, "%q: %s", text, specText(err))
	}
	return s
}

func placeOf(s *site.Site) *schedule.Place {
	if s.Location == nil {
		return nil
	}
	return &schedule.Place{Lat: s.Location.Lat, Lon: s.Location.Lon}
}

// specText is what is wrong with a time, without the time.
func specText(err error) string {
	if spec, ok := errors.AsType[*schedule.SpecError](err); ok {
		return spec.Message
	}
	return err.Error()
}
