package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/check"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/site"
)

// releaseCell has what the cluster runs.
const releaseCell = "release"

// restoreRelease takes what was laid by the process before, so that this host knows
// its site before the engine answers.
func (m *Member) restoreRelease() {
	r, err := readLaid(m.sourceDir())
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			m.log.Warn("the release that lies here can't be used: it is fetched anew", keyError, err)
		}
		return
	}
	if m.releases.Acquire(m.ctx) != nil {
		return
	}
	defer m.releases.Release()
	m.use(r, m.sourceDir())
}

// followReleases has this host run what the cluster runs, and its folder follow.
func (m *Member) followReleases() {
	began, told := m.clk.Now(), time.Duration(0)
	var asked time.Time
	for m.ctx.Err() == nil {
		look := m.clk.NewWaiter()
		m.mu.Lock()
		due := m.newer || asked.IsZero() || m.clk.Now().Sub(asked) >= askRelease
		m.newer, m.look = false, look
		known := m.release != nil
		m.mu.Unlock()
		wait := lookAtFolder
		if due {
			if err := m.refresh(m.ctx); err != nil {
				asked, wait = time.Time{}, every
				if waited := m.clk.Now().Sub(began); waited >= max(every*10, 10*told) && m.ctx.Err() == nil {
					told = waited
					m.tellWaiting(known, err)
				}
			} else {
				asked, began, told = m.clk.Now(), m.clk.Now(), 0
				m.setShares(m.shareNames())
			}
		} else if m.releases.Acquire(m.ctx) == nil {
			m.followFolder()
			m.releases.Release()
			began = m.clk.Now()
		}
		timer := m.clk.AfterFunc(wait, look.Wake)
		_ = clock.WaitFor(m.ctx, look)
		timer.Stop()
	}
}

// tellWaiting says what this host waits for.
func (m *Member) tellWaiting(known bool, err error) {
	var away []string
	st := m.conf.Engine.Status()
	for _, member := range st.Members {
		if !member.Up && member.Name != m.conf.Name {
			away = append(away, member.Name)
		}
	}
	slices.Sort(away)
	switch {
	case errors.Is(err, hold.ErrUnknown) && len(away) > 0:
		m.log.Warn("waiting for the others of the cluster: no word from "+strings.Join(away, ", "), keyError, err)
	case errors.Is(err, hold.ErrUnknown):
		m.log.Warn("waiting for the members of the cluster to agree on a leader", keyError, err)
	case errors.Is(err, errNoRelease):
		m.log.Warn(err.Error())
	case known:
		m.log.Error("the release of the cluster can't be had: this host goes on with the one it has", keyError, err)
	default:
		m.log.Error("there is no release that this host could run", keyError, err)
	}
}

// shareNames are the shares that this host takes part in.
func (m *Member) shareNames() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.site == nil {
		return nil
	}
	return m.site.ShareNames()
}

// refresh has this host run the release that the engine has now. The error says that
// it could not be had, or could not be laid down; one that this host cannot run is no
// error, but noted.
func (m *Member) refresh(ctx context.Context) error {
	if err := m.releases.Acquire(ctx); err != nil {
		return err
	}
	defer m.releases.Release()
	return m.fetch(ctx)
}

// fetch is refresh for a caller that has releases.
func (m *Member) fetch(ctx context.Context) error {
	ctx, cancel := clock.WithTimeout(m.clk, ctx, engineWithin)
	defer cancel()
	packed, seq, err := m.last(ctx, releaseCell)
	switch {
	case err != nil:
		return err
	case seq == 0:
		err := m.releaseFirst()
		m.mu.Lock()
		if m.missing = err; errors.Is(err, hold.ErrUnknown) {
			m.missing = nil
		}
		m.mu.Unlock()
		return err
	case seq == m.seq && m.runsIt():
		m.followFolder()
		return nil
	}
	if err := m.learnPins(ctx); err != nil {
		return err
	}
	r, err := unpack(packed)
	if err != nil {
		m.refuse(0, err)
		return nil
	}
	return m.take(r, seq)
}

// last asks for the value of a cell until there is an answer, or ctx has ended: one may
// be lost, and a large value take its time.
func (m *Member) last(ctx context.Context, cell string) (data []byte, seq uint64, err error) {
	patience := time.Second
	for n := 1; ; n++ {
		if n > 3 {
			patience *= 2
		}
		try, cancel := clock.WithTimeout(m.clk, ctx, patience)
		data, seq, err = m.conf.Engine.Last(try, cell)
		cancel()
		// One that has no server at present fails at once.
		if err == nil || !errors.Is(err, hold.ErrUnknown) || clock.Sleep(ctx, m.clk, 50*time.Millisecond) != nil {
			return data, seq, err
		}
	}
}

// runsIt reports whether this host runs the release that it was given last: another
// is tried again, since a password may be there by now.
func (m *Member) runsIt() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.refused == nil
}

// learnPins reads where people have moved shares to.
func (m *Member) learnPins(ctx context.Context) error {
	data, seq, err := m.last(ctx, pinsCell)
	if err != nil || seq == 0 {
		return err
	}
	p, err := readPins(data, seq)
	if err != nil {
		m.log.Warn("where shares were moved to can't be read", keyError, err)
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.Seq > m.pinned.Seq {
		m.pinned = p
	}
	return nil
}

// take lays a release down and runs it. A caller has releases.
func (m *Member) take(r *release, seq uint64) error {
	m.mu.Lock()
	same := m.release != nil && m.release.Number == r.Number && m.release.At.Equal(r.At) && m.release.Host == r.Host
	m.mu.Unlock()
	if same {
		m.seq = seq
		m.followFolder()
		return nil
	}
	next := filepath.Join(m.data, "release.next")
	if err := r.lay(next); err != nil {
		return fmt.Errorf("the release can't be laid down: %w", err)
	}
	m.seq = seq
	if !m.use(r, next) {
		return os.RemoveAll(next)
	}
	return nil
}

// use has this host run a release that lies in a folder, which is renamed to where
// releases run from; false: this host cannot, and goes on as before.
func (m *Member) use(r *release, source string) bool {
	now, err := m.conf.Load(source)
	if err == nil && now.Cluster == nil {
		err = errors.New("it has no cluster: in its site.yaml")
	}
	if err == nil && source != m.sourceDir() {
		err = swapFolder(source, m.sourceDir())
	}
	if err != nil {
		m.refuse(r.Number, err)
		return false
	}
	scripts := scriptShares(m.sourceDir(), now)
	m.mu.Lock()
	m.noteGone(m.site, now, r.Number)
	m.release, m.site, m.scripts, m.refused = r, now, scripts, nil
	m.mu.Unlock()
	m.log.Info(fmt.Sprintf("release %d of the cluster", r.Number), keyHost, r.Host, "at", r.At.In(now.Timezone).Format(time.DateTime))
	m.tellRestart(now)
	m.followFolder()
	if m.conf.Taken != nil {
		m.conf.Taken(now)
	}
	for _, s := range m.all() {
		if t := s.latest(); t != nil && slices.Contains(now.ShareNames(), s.name) {
			s.ended.Go(t.sync)
		}
	}
	return true
}

// scriptShares says in which shares each script runs; nil: there is one share alone.
func scriptShares(source string, s *site.Site) map[string][]string {
	if len(s.ShareNames()) == 1 {
		return nil
	}
	shares := make(map[string][]string)
	for _, one := range check.Shares(source, s) {
		shares[one.Script] = one.Shares
	}
	return shares
}

// swapFolder puts a folder in the place of another. A crash in between leaves one
// of the two, which is found to be whole or not by its sums.
func swapFolder(next, place string) error {
	old := place + ".old"
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	if err := os.Rename(place, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Rename(next, place); err != nil {
		_ = os.Rename(old, place) // what runs goes on
		return err
	}
	return os.RemoveAll(old)
}

// refuse notes that this host can't run a release: it takes no share, and gives up
// those it has if another host can.
func (m *Member) refuse(number uint64, err error) {
	m.mu.Lock()
	again := m.refused != nil && m.refused.Error() == err.Error()
	m.refused = err
	m.mu.Unlock()
	if again {
		return
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		m.log.Error(fmt.Sprintf("release %d can't run on this host, which takes no share until it can", number), keyError, line)
	}
}

// tellRestart says which settings of the cluster count from the next start on.
func (m *Member) tellRestart(now *site.Site) {
	was, is := *m.conf.Site.Cluster, *now.Cluster
	was.Shares, is.Shares = nil, nil
	if !reflect.DeepEqual(was, is) {
		m.log.Warn("cluster: of site.yaml is another in the release than the one this host was started with: copy it to each witness, and restart hosts and witnesses, one after another, to have it count")
	}
}

// followFolder has the folder of this host follow the release, and tells which files
// of it do not run. A caller has releases.
func (m *Member) followFolder() {
	m.mu.Lock()
	r, was := m.release, m.edited
	m.mu.Unlock()
	if r == nil {
		return
	}
	edited, err := m.folder.follow(r)
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	m.mu.Lock()
	known := m.trouble
	m.edited, m.trouble = edited, trouble
	m.mu.Unlock()
	if trouble != "" && trouble != known { // it is looked at every few seconds
		m.log.Error("the folder of the site can't follow the release", keyError, err)
	}
	if len(edited) > 0 && !slices.Equal(edited, was) {
		m.log.Warn(fmt.Sprintf("edited here, and not what the cluster runs (release %d): hiklua cluster release makes this folder the next release", r.Number), "files", strings.Join(edited, ", "))
	}
}

// readLaid reads the release that lies in a folder, and checks its sums.
func readLaid(dir string) (*release, error) {
	manifest, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return nil, err
	}
	r, err := readManifest(manifest)
	if err != nil {
		return nil, err
	}
	if r.content, err = readSource(dir); err != nil {
		return nil, err
	}
	if len(r.content) != len(r.Files) {
		return nil, errors.New("its files are not those of its manifest")
	}
	for name, data := range r.content {
		if r.Files[name] != sumOf(data) {
			return nil, fmt.Errorf("%s is not as its manifest says", name)
		}
	}
	return r, nil
}
