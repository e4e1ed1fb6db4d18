package hosts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
)

// named does something by the name of a script or a job in each Host that has it.
// SHARE/NAME is that of one share. has reports whether a status has the name.
func (g *Group) named(what, name string, has func(st runtime.Status, name string) bool, do func(p part, name string) error) error {
	there := slices.DeleteFunc(slices.Clone(g.here()), func(p part) bool { return !has(p.host.Status(), name) })
	if share, rest, is := strings.Cut(name, "/"); len(there) == 0 && is && slices.Contains(g.Site().ShareNames(), share) {
		p, is := g.of(share)
		if !is {
			return g.elsewhere(share)
		}
		there, name = []part{p}, rest
	}
	if away := g.away(); len(there) == 0 && len(away) > 0 {
		f := g.elsewhere(away[0])
		f.Message = fmt.Sprintf("no %s %q runs on this host: %s", what, name, f.Message)
		return f
	}
	if len(there) == 0 {
		if there = g.here(); len(there) == 0 {
			return g.nothingHere()
		}
		there = there[:1] // it says that there is none
	}
	errs := make([]error, len(there))
	all := clock.NewGroup(g.conf.Clock)
	for i, p := range there {
		all.Go(func() { errs[i] = g.after(p, do(p, name)) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func hasScript(st runtime.Status, name string) bool {
	return slices.ContainsFunc(st.Scripts, func(s runtime.ScriptStatus) bool { return s.Name == name })
}

func hasJob(st runtime.Status, name string) bool {
	return slices.ContainsFunc(st.Jobs, func(j runtime.JobStatus) bool { return j.Name == name || j.Script+"/"+j.Name == name })
}

// RunJob is StartJob by a person's hand.
func (g *Group) RunJob(name string) error { return g.StartJob(context.Background(), name) }

// StartJob is that of each Host that has a job of the name: NAME, SCRIPT/NAME, or
// either after SHARE/.
func (g *Group) StartJob(ctx context.Context, name string) error {
	return g.named("job", name, hasJob, func(p part, name string) error { return p.host.StartJob(ctx, name) })
}

// RunJobWait is that of each Host that has a job of the name. Of several runs it
// tells of one that did not go well, if there is one.
func (g *Group) RunJobWait(ctx context.Context, name string) (told runtime.RunStatus, err error) {
	var mu sync.Mutex
	err = g.named("job", name, hasJob, func(p part, name string) error {
		ctx, end := p.until(ctx)
		defer end()
		run, err := p.host.RunJobWait(ctx, name)
		mu.Lock()
		defer mu.Unlock()
		if told.Outcome == "" || told.Outcome == runtime.OutcomeOK {
			told = run
		}
		return err
	})
	return told, err
}

// HoldScript is that of each Host that has the script: NAME or SHARE/NAME.
func (g *Group) HoldScript(name string) error {
	return g.named("script", name, hasScript, func(p part, name string) error { return p.host.HoldScript(name) })
}

// ReleaseScript is that of each Host that has the script: NAME or SHARE/NAME.
func (g *Group) ReleaseScript(name string) error {
	return g.named("script", name, hasScript, func(p part, name string) error { return p.host.ReleaseScript(name) })
}

// ScriptSource is that of a Host that has the script: the file is the same in all
// shares.
func (g *Group) ScriptSource(name string) (source []byte, err error) {
	var mu sync.Mutex
	err = g.named("script", name, hasScript, func(p part, name string) error {
		text, err := p.host.ScriptSource(name)
		mu.Lock()
		defer mu.Unlock()
		source = text
		return err
	})
	return source, err
}

// Reload is refused: what a cluster runs is its release, not the folder.
func (g *Group) Reload(context.Context) ([]runtime.Change, error) {
	return nil, &luaapi.Failure{
		Kind: "misuse", Message: "a cluster runs its release, not what lies in the folder of one host",
		Hint: `"hiklua cluster release" makes this folder the release of all hosts`,
	}
}

// Exec runs a program in the first share that is held here.
func (g *Group) Exec(ctx context.Context, program runtime.Program) runtime.Result {
	all := g.here()
	if len(all) == 0 {
		return runtime.Result{Err: g.nothingHere()}
	}
	p := all[0]
	ctx, end := p.until(ctx)
	defer end()
	result := p.host.Exec(ctx, program)
	result.Err = g.after(p, result.Err)
	return result
}

// NewSession opens a session in the first share that is held here. It ends when the
// share is lost.
func (g *Group) NewSession(out runtime.Output) (*runtime.Session, error) {
	all := g.here()
	if len(all) == 0 {
		return nil, g.nothingHere()
	}
	s, err := all[0].host.NewSession(out)
	return s, g.after(all[0], err)
}
