package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/site"
)

// errNoRelease is for a new cluster of which no host has the folder that it was made in.
var errNoRelease = errors.New(`the cluster has no release yet: the folder in which "hiklua cluster init" was run becomes the first when its host runs; "hiklua cluster release" makes this folder the first`)

// releaseFirst makes the folder of this host the first release of a new cluster. A
// caller has releases.
func (m *Member) releaseFirst() error {
	if !m.conf.Founder {
		return errNoRelease
	}
	return m.makeFirst()
}

// makeFirst is releaseFirst, whichever folder the host has.
func (m *Member) makeFirst() error {
	files, _, err := m.readFolder()
	if err != nil {
		return fmt.Errorf("the cluster has no release yet, and this folder can't be the first: %w", err)
	}
	m.mu.Lock()
	number := uint64(1)
	if m.release != nil { // of a cluster before this one
		number = m.release.Number + 1
	}
	m.mu.Unlock()
	_, err = m.publish(files, number, 0)
	if errors.Is(err, hold.ErrConflict) {
		return nil // another host was first: its release is fetched at the next look
	}
	return err
}

// readFolder reads and checks what a release of this host's folder would have.
func (m *Member) readFolder() (map[string][]byte, *site.Site, error) {
	dir := m.conf.Site.Dir
	files, err := readSource(dir)
	if err != nil {
		return nil, nil, err
	}
	next, err := m.conf.Load(dir)
	if err == nil && next.Cluster == nil {
		err = errors.New("site.yaml has no cluster")
	}
	if err == nil && m.conf.Check != nil {
		err = m.conf.Check(dir)
	}
	return files, next, err
}

// publish makes files the release of the cluster after the one whose cell has the
// number after. The error wraps hold.ErrConflict if another host was faster.
func (m *Member) publish(files map[string][]byte, number, after uint64) (*release, error) {
	r := newRelease(files)
	r.Number, r.Host, r.At = number, m.conf.Name, m.clk.Now().Round(0).UTC().Truncate(time.Millisecond)
	packed, err := r.pack()
	if err != nil {
		return nil, err
	}
	// Not within the time of the caller, of which a check may have taken most.
	ctx, cancel := clock.WithTimeout(m.clk, m.ctx, 2*engineWithin)
	defer cancel()
	seq, err := m.conf.Engine.CAS(ctx, releaseCell, after, packed)
	if errors.Is(err, hold.ErrUnknown) {
		return nil, fmt.Errorf("whether the cluster has the release is not known, hiklua cluster status will show it: %w", hold.ErrUnknown)
	}
	if err != nil {
		return nil, err
	}
	return r, m.take(r, seq)
}

// Release makes the folder of this host what the cluster runs. It returns the number
// of the release and the files that it changes; none: the folder is what the cluster
// runs already.
func (m *Member) Release(ctx context.Context) (number uint64, changed []string, err error) {
	if err := m.releases.Acquire(ctx); err != nil {
		return 0, nil, err
	}
	defer m.releases.Release()
	if err := m.fetch(ctx); errors.Is(err, errNoRelease) {
		if err := m.makeFirst(); err != nil {
			return 0, nil, err
		}
		m.tell()
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.release == nil {
			return 0, nil, errors.New("another host made the first release at this moment: look at hiklua cluster status")
		}
		return m.release.Number, slices.Sorted(maps.Keys(m.release.Files)), nil
	} else if err != nil {
		return 0, nil, silent(err)
	}
	m.mu.Lock()
	r, now, refused := m.release, m.site, m.refused
	m.mu.Unlock()
	if r == nil || refused != nil {
		return 0, nil, errors.New("this host can't run the release that the cluster has, and so can't make the next: hiklua cluster status says why; make the next on another host")
	}
	files, next, err := m.readFolder()
	if err != nil {
		return 0, nil, err
	}
	changed, conflicts := m.folder.changes(files, r)
	switch {
	case len(changed) == 0:
		return r.Number, nil, nil
	case len(conflicts) > 0:
		return 0, nil, fmt.Errorf("edited here and changed by a release meanwhile (%d is that of %s): %s; compare with %s, and put your edit into a copy of that",
			r.Number, r.Host, strings.Join(conflicts, ", "), filepath.Join(m.sourceDir(), filepath.FromSlash(conflicts[0])))
	}
	if err := m.mayFollow(now, next, r.Number); err != nil {
		return 0, nil, err
	}
	made, err := m.publish(files, r.Number+1, m.seq)
	if errors.Is(err, hold.ErrConflict) {
		return 0, nil, errors.New("another release was made at this moment: look at hiklua cluster status, and try again")
	}
	if err != nil {
		return 0, nil, err
	}
	m.tell()
	return made.Number, changed, nil
}

// mayFollow says why a site can't follow another in a release: no device may have two
// holders while the hosts take it over one after another.
func (m *Member) mayFollow(now, next *site.Site, number uint64) error {
	shareAt := make(map[string]string)
	for _, d := range now.Devices {
		shareAt[placeOf(d)] = now.ShareOf(d.Name)
	}
	fresh := ""
	for _, d := range next.Devices {
		is := next.ShareOf(d.Name)
		switch was, known := shareAt[placeOf(d)]; {
		case !known:
			fresh = d.Name
			if wait := m.mayBeDriven(placeOf(d)); wait > 0 && len(next.ShareNames()) > 1 {
				return fmt.Errorf("%s can't be added for %v yet: a release before may have had it, and its host may not have given it up", d.Name, clock.FormatDuration(max(wait.Round(time.Second), time.Second)))
			}
		case was != is:
			return fmt.Errorf("%s would go from the share %s to the share %s, and for a moment two hosts could drive it: take it out of site.yaml, release that, and then release it in its new share", d.Name, was, is)
		}
	}
	if fresh == "" || len(next.ShareNames()) == 1 {
		return nil
	}
	for name, p := range m.live() {
		if p.Release < number {
			return fmt.Errorf("%s runs release %d and not yet %d: %s can't be added before, or two hosts could drive it", name, p.Release, number, fresh)
		}
	}
	return nil
}

// noteGone notes which devices a release has no more. Their hosts may be slow to give
// them up, or cut off and not know of it yet. Called with mu held.
func (m *Member) noteGone(was, now *site.Site, number uint64) {
	at := m.conf.Boot()
	if was == nil {
		if number > 1 {
			m.blindUntil = at.Add(m.givenUpWithin())
		}
		return
	}
	maps.DeleteFunc(m.gone, func(_ string, until hold.BootTime) bool { return until <= at })
	for _, d := range was.Devices {
		if place := placeOf(d); !slices.ContainsFunc(now.Devices, func(o site.Device) bool { return placeOf(o) == place }) {
			m.gone[place] = at.Add(m.givenUpWithin())
		}
	}
}

// givenUpWithin is how long a host may drive a device after a release has it no more:
// its lease has to end, or what it runs, in order.
func (m *Member) givenUpWithin() time.Duration {
	return m.conf.Site.Cluster.Lease + handOverWithin + 2*time.Second
}

// mayBeDriven is how long a device that the release does not have may still be driven
// by a host that ran one before.
func (m *Member) mayBeDriven(place string) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(m.gone[place], m.blindUntil).Sub(m.conf.Boot())
}

// placeOf is where a device is reached.
func placeOf(d site.Device) string {
	if d.Host == "" {
		return d.Name
	}
	return fmt.Sprintf("%s:%d", strings.ToLower(d.Host), d.Port)
}
