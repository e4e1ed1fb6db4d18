package happening

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/schedule"
	"github.com/hiklua/hiklua/runtime/site"
)

// maxRate bounds how often something happens at random, in a day.
const maxRate = 24 * 3600

// random is "40/day seed 7 between 22:00-06:00".
type random struct {
	count  int
	hourly bool // that many an hour, else a day
	seed   uint64
	seeded bool
	filter schedule.Filter
	zone   *time.Location
	named  bool   // the line names its place
	places []What // one of which is drawn each time
}

// random reads "random [PLACE] WORD N/day [for D] [between A-B] [seed N]".
func (p *parser) random(h *Happening) {
	first, _ := p.next()
	r := &random{zone: p.site.Timezone, filter: schedule.Filter{Zone: p.site.Timezone}}
	h.random = r
	anywhere := true
	if p.peek() == "emit" {
		p.refuse(p.left[0], "only what devices notice or suffer comes at random")
		return
	}
	if len(p.left) > 1 {
		name, _, _ := strings.Cut(p.peek(), "/")
		_, known := p.site.Device(name)
		_, rate := rateOf(p.left[1].text)
		anywhere = !known && rate
	}
	r.named = !anywhere
	var pl place
	if !anywhere {
		pl = p.place()
	} else {
		pl.at = first
	}
	h.What = p.deviceWhat(pl, true)
	for p.problem == nil && len(p.left) > 0 {
		at, _ := p.next()
		rate, isRate := rateOf(at.text)
		switch {
		case isRate:
			if rate.count == 0 {
				p.refuse(at, "%q: so many a day or an hour, such as 40/day, at most one a second", at.text)
			}
			r.count, r.hourly = rate.count, rate.hourly
		case at.text == "for":
			p.left = append([]word{at}, p.left...)
			p.duration(&h.What, true)
		case at.text == "seed":
			w, _ := p.next()
			n, err := strconv.ParseUint(w.text, 10, 64)
			if err != nil {
				p.refuse(w, "behind seed comes a number, such as seed 7")
			}
			r.seed, r.seeded = n, true
		case at.text == "between":
			w, _ := p.next()
			filter, err := schedule.ParseFilter("", w.text, p.site.Timezone, placeOf(p.site))
			if err != nil {
				p.refuse(w, "%q: %s", w.text, specText(err))
			}
			r.filter = filter
		default:
			p.refuse(at, `%q is not understood: "random motion 40/day seed 7 between 22:00-06:00"`, at.text)
		}
	}
	if r.count == 0 {
		p.refuse(word{at: p.over}, `how often? "random motion 40/day"`)
	}
	if p.problem == nil {
		r.places = placesOf(h.What, anywhere, p.site)
		if len(r.places) == 0 {
			p.refuse(first, "site.yaml has no device")
		}
	}
}

// rate is so many times a day or an hour.
type rate struct {
	count  int
	hourly bool
}

// rateOf reads "40/day" or "2/hour"; ok is false for what is no rate at all. What
// is meant as one and is none, such as "-4/day", has a count of 0.
func rateOf(text string) (r rate, ok bool) {
	number, unit, found := strings.Cut(text, "/")
	n, err := strconv.Atoi(number)
	most, known := maxRate, true
	switch unit {
	case "day", "d":
	case "hour", "h":
		r.hourly, most = true, maxRate/24
	default:
		n, known = 0, false
	}
	if !found || err != nil && !known {
		return r, false
	}
	if n >= 1 && n <= most {
		r.count = n
	}
	return r, true
}

// placesOf are the cameras of a site, for what happens anywhere.
func placesOf(w What, anywhere bool, s *site.Site) []What {
	if !anywhere {
		return []What{w}
	}
	var all []What
	for _, d := range s.Devices {
		one := w
		one.Device = d.Name
		if w.Fault.Name != "" || w.Alarm.Type == "io" || strings.HasPrefix(w.Alarm.Type, "storage_") || w.Alarm.Type == "login_failed" {
			all = append(all, one)
			continue
		}
		numbers := []int{1}
		if len(d.Channels) > 0 {
			numbers = numbers[:0]
			for _, c := range d.Channels {
				numbers = append(numbers, c.Address)
			}
		}
		for _, n := range numbers {
			one.Channel, one.Alarm.Channel = n, n
			all = append(all, one)
		}
	}
	return all
}

// moment is one time at which something happens, and what.
type moment struct {
	at   time.Time
	what What
}

// draw gives the moments of the day or the hour that t lies in, by time, and
// when the next begins. They are the same whatever span is played.
func (r *random) draw(h *Happening, t time.Time, seed uint64) (moments []moment, next time.Time) {
	if r.seeded {
		seed = r.seed
	}
	begin := t.Truncate(time.Hour)
	next = begin.Add(time.Hour)
	if !r.hourly {
		year, month, day := t.In(r.zone).Date()
		begin = time.Date(year, month, day, 0, 0, 0, 0, r.zone)
		for next = begin; !next.After(t); day++ { // a date may be missing, or its midnight
			next = time.Date(year, month, day+1, 0, 0, 0, 0, r.zone)
		}
	}
	name := fnv.New64a()
	io.WriteString(name, h.Text)
	from := rand.New(rand.NewPCG(seed^name.Sum64(), uint64(begin.Unix())))
	length := int64(next.Sub(begin))
	for tries := 0; len(moments) < r.count && tries < 100*r.count; tries++ {
		at := begin.Add(time.Duration(from.Int64N(length)).Truncate(time.Millisecond))
		what := r.places[from.IntN(len(r.places))]
		if r.filter.Match(at) {
			moments = append(moments, moment{at, what})
		}
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
	return moments, next
}
