package api

import (
	"context"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
)

// Host is what an API answers for. *runtime.Host is one, and says what each method
// does.
type Host interface {
	Zone() *time.Location
	Status() runtime.Status // it does not wait
	Reload(ctx context.Context) ([]runtime.Change, error)

	RunJob(name string) error
	RunJobWait(ctx context.Context, name string) (runtime.RunStatus, error)
	HoldScript(name string) error
	ReleaseScript(name string) error
	ScriptSource(name string) ([]byte, error)

	StopHead(ctx context.Context, device string, channel int) error
	RecallPreset(ctx context.Context, device string, channel, preset int) error
	Presets(ctx context.Context, device string, channel int) ([]isapi.Preset, error)
	Picture(ctx context.Context, device string, channel int) ([]byte, error)
	LoginCost(device string) (runtime.LoginCost, error)
	Login(ctx context.Context, device string) (runtime.LoginReport, error)

	Exec(ctx context.Context, p runtime.Program) runtime.Result
	NewSession(out runtime.Output) (*runtime.Session, error)

	UseArchives(ctx context.Context, f func([]runtime.OpenArchive) error) error
	GapReport(q gaps.Query) (gaps.Report, error)
}

var _ Host = (*runtime.Host)(nil)

// inShare is what has a share of the site, where that has several; "": what is
// first.
func (a *API) inShare(share string) (Host, error) {
	if share == "" {
		return a.conf.Host, nil
	}
	if several, ok := a.conf.Host.(interface{ InShare(string) (Host, error) }); ok {
		return several.InShare(share)
	}
	return nil, badRequest("share %q: this host is in no cluster", share)
}
