package hosts

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
)

// Status tells how everything is, as far as it is known here: devices in the order
// of site.yaml, those of shares that are not held here in the state elsewhere. It
// waits for nothing but short locks.
func (g *Group) Status() runtime.Status {
	s := g.Site()
	st := runtime.Standby(g.conf.Version, s, g.conf.Clock.Now())
	st.Started = g.started.In(s.Timezone)
	cluster := g.conf.Cluster()
	st.Cluster = &cluster
	if g.conf.Outside != nil {
		st.Outside = runtime.OutsideStatus(g.conf.Outside(), s.Timezone)
	}
	several := g.several()
	rows := make(map[string]int)
	for i := range st.Devices {
		d := &st.Devices[i]
		rows[d.Name] = i
		share := s.ShareOf(d.Name)
		if several {
			d.Share = share
		}
		if d.Holder = holderIn(cluster, share); d.Holder == "" {
			f := g.elsewhereBy(cluster, share)
			d.Error = &runtime.ErrorStatus{Kind: f.Kind, Message: f.Message, Hint: f.Hint}
		}
	}
	for _, p := range g.here() {
		one := p.host.Status()
		if p.lost() {
			continue
		}
		share := ""
		if several {
			share = p.share
		}
		for _, d := range one.Devices {
			d.Share = share
			if i, known := rows[d.Name]; known && !d.Leaving {
				st.Devices[i] = d
			} else {
				st.Devices = append(st.Devices, d)
			}
		}
		for _, script := range one.Scripts {
			script.Share = share
			st.Scripts = append(st.Scripts, script)
		}
		for _, job := range one.Jobs {
			job.Share = share
			st.Jobs = append(st.Jobs, job)
		}
		st.Site.Simulated = st.Site.Simulated || one.Site.Simulated
		st.Site.Error = cmp.Or(st.Site.Error, one.Site.Error)
		st.StateError = cmp.Or(st.StateError, inShare(one.StateError, share))
		st.Adrift = append(st.Adrift, one.Adrift...)
		st.Notify = addNotices(st.Notify, one.Notify)
		if one.Archive != nil {
			st.Archive = addArchive(st.Archive, one.Archive, share)
		}
	}
	if st.Archive != nil && several && s.Archive != nil {
		st.Archive.Path = runtime.FullPath(s.Path(s.Archive.Path)) // the shares are below it
	}
	slices.SortStableFunc(st.Scripts, func(a, b runtime.ScriptStatus) int { return strings.Compare(a.Name, b.Name) })
	return st
}

// inShare is an error with the share that has it; "": there is one share only.
func inShare(e *runtime.ErrorStatus, share string) *runtime.ErrorStatus {
	if e == nil || share == "" {
		return e
	}
	told := *e
	told.Message = "share " + share + ": " + e.Message
	return &told
}

// addNotices adds what another Host tells of the ways of notify.
func addNotices(all, more []runtime.NoticeStatus) []runtime.NoticeStatus {
	all = slices.Clone(all)
	for _, n := range more {
		i := slices.IndexFunc(all, func(a runtime.NoticeStatus) bool { return a.Target == n.Target && a.Kind == n.Kind })
		if i < 0 {
			all = append(all, n)
			continue
		}
		a := &all[i]
		a.Waiting += n.Waiting
		a.Sent += n.Sent
		a.Lost += n.Lost
		if a.Error == nil {
			a.Error, a.RetryAt = n.Error, n.RetryAt
		}
	}
	return all
}

// addArchive adds what another Host tells of its part of the archive; sum is nil for
// the first.
func addArchive(sum, more *runtime.ArchiveStatus, share string) *runtime.ArchiveStatus {
	one := *more
	one.Error = inShare(one.Error, share)
	if sum == nil {
		return &one
	}
	one.Path = sum.Path
	one.Files += sum.Files
	one.Bytes += sum.Bytes
	if sum.Oldest != nil && (one.Oldest == nil || sum.Oldest.Before(*one.Oldest)) {
		one.Oldest = sum.Oldest
	}
	if sum.Newest != nil && (one.Newest == nil || sum.Newest.After(*one.Newest)) {
		one.Newest = sum.Newest
	}
	one.Error = cmp.Or(sum.Error, one.Error)
	one.Gaps = slices.Concat(sum.Gaps, one.Gaps)
	one.Copy = addCopy(sum.Copy, one.Copy)
	return &one
}

// addCopy adds what another Host tells of the copies of its part.
func addCopy(sum, more *runtime.SecondPlaceStatus) *runtime.SecondPlaceStatus {
	if sum == nil || more == nil {
		return cmp.Or(sum, more)
	}
	one := *more
	one.Place = sum.Place
	one.Waiting += sum.Waiting
	one.Copied += sum.Copied
	one.Gone += sum.Gone
	one.Refused += sum.Refused
	if sum.Oldest != nil && (one.Oldest == nil || sum.Oldest.Before(*one.Oldest)) {
		one.Oldest = sum.Oldest
	}
	if sum.Error != nil {
		one.Error, one.RetryAt = sum.Error, sum.RetryAt
	}
	return &one
}

// MissedPictures are those of all Hosts.
func (g *Group) MissedPictures() (all []gaps.Missed) {
	for _, p := range g.here() {
		all = append(all, p.host.MissedPictures()...)
	}
	return all
}
