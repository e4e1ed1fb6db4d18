//go:build nofleet

package engine

import (
	"context"

	"github.com/hiklua/hiklua/runtime/cluster"
)

// Engine is not there in a program without clusters.
type Engine struct{}

var _ cluster.Engine = (*Engine)(nil)

// Start returns ErrLeftOut.
func Start(context.Context, Config) (*Engine, error) { return nil, ErrLeftOut }

func (*Engine) Close() {}

func (*Engine) CAS(context.Context, string, uint64, []byte) (uint64, error) { return 0, ErrLeftOut }
func (*Engine) Last(context.Context, string) ([]byte, uint64, error)        { return nil, 0, ErrLeftOut }
func (*Engine) Listen(string, func([]byte)) func()                          { return func() {} }

func (*Engine) Append(context.Context, string, uint64, []byte) (uint64, error) {
	return 0, ErrLeftOut
}

func (*Engine) Read(context.Context, string, uint64, func(uint64, []byte) error) (uint64, error) {
	return 0, ErrLeftOut
}
func (*Engine) Tail(context.Context, string) ([]byte, uint64, error) { return nil, 0, ErrLeftOut }
func (*Engine) Purge(context.Context, string, uint64) error          { return ErrLeftOut }

func (*Engine) Tell(string, []byte)              {}
func (*Engine) Hear(string, func([]byte)) func() { return func() {} }

func (*Engine) Ask(context.Context, string, string, []byte) ([]byte, error) { return nil, ErrLeftOut }
func (*Engine) Answer(string, func(context.Context, []byte) ([]byte, error)) func() {
	return func() {}
}

func (*Engine) StepAside(context.Context, ...string) error { return ErrLeftOut }
func (*Engine) Dismiss(context.Context, string) error      { return ErrLeftOut }
func (*Engine) Status() cluster.EngineStatus               { return cluster.EngineStatus{} }
