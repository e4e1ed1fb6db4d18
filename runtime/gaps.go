package runtime

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/archive/retention"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/site"
)

// followGaps has what archive.schedules asks for followed, from now on.
func (h *Host) followGaps() {
	h.mu.Lock()
	s, stopping := h.schedules, h.stopping
	h.mu.Unlock()
	if stopping || !h.resident.Load() {
		return
	}
	g := h.gaps.Load()
	if g == nil {
		// Without schedules there may be gaps of earlier ones that go on.
		_, err := os.Stat(filepath.Join(h.files.Dir(), gaps.FolderName))
		if s == nil && errors.Is(err, fs.ErrNotExist) {
			return
		}
		g = gaps.New(gaps.Config{
			Clock: h.clk, Log: h.log, Data: h.files.Dir(), Elsewhere: h.conf.HeldElsewhere,
			State: h.deviceState, Tell: h.tellGap, Taken: h.taken,
		})
		if !h.gaps.CompareAndSwap(nil, g) {
			g = h.gaps.Load()
		} else {
			g.Start()
		}
	}
	if s == nil {
		g.Follow(nil)
		return
	}
	all, open := s.wanted()
	g.Follow(all, open...)
}

// wanted are the pictures that the schedules ask for, and the devices that have
// not told yet which channels they have.
func (s *script) wanted() (all []gaps.Series, open []string) {
	for _, j := range s.allJobs() {
		if j.wants != nil {
			all = append(all, *j.wants)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.series {
		if one.all && !one.listed && !slices.Contains(open, one.device) {
			open = append(open, one.device)
		}
	}
	return all, open
}

// deviceState is for reasons of gaps.
func (h *Host) deviceState(name string) (string, time.Time) {
	for _, d := range h.Devices() {
		if d.Name() == name {
			state, since := d.StateSince()
			if state == device.StateUnknown {
				state = "no answer yet"
			}
			return state, since
		}
	}
	return "", time.Time{}
}

// tellGap tells scripts of a gap.
func (h *Host) tellGap(g gaps.Gap, begins bool) {
	h.notice(&luaapi.Event{
		Type: luaapi.GapEvent, State: stateWord(begins), Device: g.Device, Channel: g.Channel, Time: h.clk.Now(),
		Label: g.Label, Reason: g.Reasons[len(g.Reasons)-1].Why,
	})
}

// missed tells why a scheduled picture was not taken.
func (h *Host) missed(s *gaps.Series, err error) {
	if g := h.gaps.Load(); g != nil && s != nil && !isOrderly(err) && !h.isLost(err) {
		g.Failed(s.Device, s.Channel, s.Label, h.clk.Now(), Report(err).Kind)
	}
}

// taken is what the index has of a channel and label.
func (h *Host) taken(ctx context.Context, device string, channel int, label string, from time.Time, fn func(time.Time)) error {
	return h.UseArchive(ctx, func(x *index.Index, _ *retention.Keeper) error {
		return x.List(ctx, archive.Query{Device: device, Channel: channel, Label: label, From: from}, func(e archive.Entry) error {
			if e.Label == label {
				fn(e.Taken)
			}
			return nil
		})
	})
}

// endGaps ends the following.
func (h *Host) endGaps(limit context.Context) {
	if g := h.gaps.Load(); g != nil {
		ctx, cancel := clock.WithTimeout(h.clk, limit, lookersClose)
		defer cancel()
		g.Close(ctx)
	}
}

// GapStatus is a gap in the archive that goes on.
type GapStatus struct {
	gaps.Gap
	Text string `json:"text"` // why, for people
}

// Where is the channel: "gate/yard", or "gate/1" if it has no name.
func (g *GapStatus) Where() string { return g.Device + "/" + cmp.Or(g.Name, strconv.Itoa(g.Channel)) }

func (h *Host) gapStatus(zone *time.Location) []GapStatus {
	g := h.gaps.Load()
	if g == nil {
		return nil
	}
	var all []GapStatus
	in := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return t.In(zone)
	}
	for _, gap := range g.Gaps() {
		gap.From, gap.Last, gap.Till = in(gap.From), in(gap.Last), in(gap.Till)
		for i := range gap.Reasons {
			r := &gap.Reasons[i]
			r.From, r.Till = in(r.From), in(r.Till)
		}
		all = append(all, GapStatus{gap, gap.Text(zone)})
	}
	return all
}

// MissedPictures tells how many pictures archive.schedules has asked for that are
// missing, since the host began.
func (h *Host) MissedPictures() []gaps.Missed {
	if g := h.gaps.Load(); g != nil {
		return g.Missed()
	}
	return nil
}

// GapReport tells what is missing in the archive, up to now.
func (h *Host) GapReport(q gaps.Query) (gaps.Report, error) {
	return Gaps(h.site(), h.files.Dir(), q, h.clk.Now())
}

// Gaps makes a report of what is missing in the archive of a site whose data
// folder is data. It needs no host that runs.
func Gaps(s *site.Site, data string, q gaps.Query, now time.Time) (gaps.Report, error) {
	var plans []gaps.Plan
	if s.Archive != nil {
		for _, a := range s.Archive.Schedules {
			due, err := a.Plan(s)
			if err != nil {
				return gaps.Report{}, err
			}
			plans = append(plans, gaps.Plan{Label: a.Label, Due: due})
		}
	}
	return gaps.Read(data, q, plans, now)
}
