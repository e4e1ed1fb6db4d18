package hosts

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
)

// hookRetry is when the caller of a hook may try again whose script runs elsewhere.
const hookRetry = 2 * time.Second

// CallHook has the script answer that listens here. Where none does, and another
// host holds a share, the answer is 503 of kind elsewhere.
func (g *Group) CallHook(ctx context.Context, r luaapi.HookRequest) luaapi.HookAnswer {
	all := g.here()
	i := slices.IndexFunc(all, func(p part) bool { return slices.Contains(p.host.EmittedNames(), luaapi.HookEvent+r.Name) })
	away := g.away()
	if i < 0 && len(away) > 0 || len(all) == 0 {
		f := g.nothingHere()
		return runtime.RefuseHook(http.StatusServiceUnavailable, f.Kind, "no script on this host has hik.on(\""+luaapi.HookEvent+r.Name+"\", fn): "+f.Error(), hookRetry)
	}
	p := all[max(i, 0)] // it says that there is none
	ctx, end := p.until(ctx)
	defer end()
	answer := p.host.CallHook(ctx, r)
	if answer.Status == http.StatusServiceUnavailable && p.lost() {
		f := g.elsewhere(p.share)
		return runtime.RefuseHook(http.StatusServiceUnavailable, f.Kind, luaapi.HookEvent+r.Name+" was cut off: "+f.Error(), hookRetry)
	}
	return answer
}

// Emit tells the scripts of all Hosts of an event.
func (g *Group) Emit(name string, value any) (told int, err error) {
	all := g.here()
	if len(all) == 0 {
		return 0, g.nothingHere()
	}
	for _, p := range all {
		n, failed := p.host.Emit(name, value)
		told += n
		err = errors.Join(err, g.after(p, failed))
	}
	return told, err
}

// EmittedNames are the names that scripts of any Host listen to, sorted.
func (g *Group) EmittedNames() []string { return g.names((*runtime.Host).EmittedNames) }

// Topics are the topics that scripts of any Host listen to, sorted.
func (g *Group) Topics() []string { return g.names((*runtime.Host).Topics) }

func (g *Group) names(of func(*runtime.Host) []string) (all []string) {
	for _, p := range g.here() {
		all = append(all, of(p.host)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Deliver tells the scripts of all Hosts of a message.
func (g *Group) Deliver(m luaapi.Message) (told int) {
	for _, p := range g.here() {
		told += p.host.Deliver(m)
	}
	return told
}
