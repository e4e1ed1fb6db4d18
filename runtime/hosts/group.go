package hosts

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// Config is what a Group is made of. Its functions must not wait.
type Config struct {
	Clock   clock.Clock
	Version string
	// Site is the whole site, as the cluster runs it.
	Site func() *site.Site
	// Cluster says which host holds what. A share whose state is held or waning has
	// a holder.
	Cluster func() runtime.ClusterStatus
	// Outside, if it is set, are the ways that do not work: see runtime.Config. The
	// Hosts of the Group are given none.
	Outside func() []runtime.BrokenWay
}

// Group is the Hosts of one process. Its methods may be called from any goroutine,
// while Hosts come and go.
type Group struct {
	conf    Config
	started time.Time
	only    string // the share that it is about; "": all
	parts   *parts
}

// parts are the Hosts, by the names of their shares.
type parts struct {
	mu  sync.Mutex
	all []part
}

// part is the Host of a share that is held here.
type part struct {
	share string
	host  *runtime.Host
	ctx   context.Context // ends when the Host leaves the Group
	end   context.CancelFunc
}

// New makes a Group without Hosts.
func New(conf Config) *Group {
	return &Group{conf: conf, started: conf.Clock.Now(), parts: &parts{}}
}

// Set has a share's devices and scripts asked of h from now on, which is open or
// about to be opened.
func (g *Group) Set(share string, h *runtime.Host) {
	p := part{share: share, host: h}
	p.ctx, p.end = clock.WithCancel(context.Background())
	g.parts.mu.Lock()
	defer g.parts.mu.Unlock()
	g.parts.remove(func(p part) bool { return p.share == share })
	g.parts.all = append(g.parts.all, p)
	slices.SortFunc(g.parts.all, func(a, b part) int { return strings.Compare(a.share, b.share) })
}

// Remove has nothing more asked of h for a share. It comes before h is closed or
// dropped: then what is under way there ends with an error of kind elsewhere. If the
// share has another Host by now, or none, it does nothing. It does not wait.
func (g *Group) Remove(share string, h *runtime.Host) {
	g.parts.mu.Lock()
	defer g.parts.mu.Unlock()
	g.parts.remove(func(p part) bool { return p.share == share && p.host == h })
}

// remove takes parts out of a list that others may go over. Called with mu held.
func (l *parts) remove(which func(part) bool) {
	var rest []part
	for _, p := range l.all {
		if which(p) {
			p.end()
		} else {
			rest = append(rest, p)
		}
	}
	l.all = rest
}

// InShare is the part of the Group that one share is.
func (g *Group) InShare(share string) (api.Host, error) {
	if !slices.Contains(g.Site().ShareNames(), share) {
		return nil, unknownShare(share, g.Site().ShareNames())
	}
	return &Group{conf: g.conf, started: g.started, only: share, parts: g.parts}, nil
}

// here are the Hosts that the Group is about, by the names of their shares.
func (g *Group) here() []part {
	g.parts.mu.Lock()
	all := g.parts.all
	g.parts.mu.Unlock()
	if g.only == "" {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(p part) bool { return p.share != g.only })
}

// of is the Host of a share, if that is held here.
func (g *Group) of(share string) (part, bool) {
	all := g.here()
	i := slices.IndexFunc(all, func(p part) bool { return p.share == share })
	if i < 0 {
		return part{}, false
	}
	return all[i], true
}

// until is ctx that also ends when the Host of p leaves the Group.
func (p part) until(ctx context.Context) (context.Context, func()) {
	ctx, cancel := clock.WithCancelCause(ctx)
	stop := clock.OnDone(p.ctx, func() { cancel(errLost) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// lost reports whether the Host has left the Group.
func (p part) lost() bool { return clock.Cause(p.ctx) != nil }

// Site is the whole site. It must not be changed.
func (g *Group) Site() *site.Site { return g.conf.Site() }

// Zone is the time zone of the site.
func (g *Group) Zone() *time.Location { return g.Site().Timezone }

// several reports whether the site has more than one share: they are named then.
func (g *Group) several() bool { return len(g.Site().ShareNames()) > 1 }
