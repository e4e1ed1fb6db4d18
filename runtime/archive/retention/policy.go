package retention

import (
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/site"
)

// Policy is what site.yaml says about how long pictures are kept.
type Policy struct {
	Keep     time.Duration // age after which a picture goes; 0: no bound by age
	Thinning []site.Thin   // instead of Keep
	Labels   []site.LabelKeep
	MaxSize  int64          // bytes; 0: no bound
	MinFree  int64          // bytes; 0: no bound
	Zone     *time.Location // of hours and days
}

// PolicyOf is the policy of a site's archive.
func PolicyOf(a *site.Archive, zone *time.Location) Policy {
	return Policy{a.Keep, a.Thinning, a.Labels, a.MaxSize, a.MinFree, zone}
}

// labelled says whether a label has an age of its own.
func (p *Policy) labelled(label string) bool {
	for _, l := range p.Labels {
		if l.Label == label {
			return true
		}
	}
	return false
}

// others names the pictures without such a label, for the names of cursors: with
// other labels a rule begins anew.
func (p *Policy) others() string {
	var b strings.Builder
	for _, l := range p.Labels {
		b.WriteString(" -" + l.Label)
	}
	return b.String()
}

// slot numbers the hours, days, weeks or months of the site's zone: of the
// pictures in one slot one is kept.
func (p *Policy) slot(every site.ThinEvery, t time.Time) int64 {
	t = t.In(p.Zone)
	_, offset := t.Zone()
	local := t.Unix() + int64(offset)
	day := floor(local, 24*60*60)
	switch every {
	case site.ThinHourly:
		// With the offset, so that an hour which comes twice is two.
		return floor(local, 60*60)*60*60 - int64(offset)
	case site.ThinDaily:
		return day
	case site.ThinWeekly:
		return floor(day+3, 7) // day 0 was a Thursday
	}
	return int64(t.Year())*12 + int64(t.Month())
}

func floor(n, by int64) int64 {
	if n < 0 {
		return (n - by + 1) / by
	}
	return n / by
}
