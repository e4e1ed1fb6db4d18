//go:build !linux

package deadman

import "github.com/hiklua/hiklua/runtime/hold"

// New returns a timer that cannot be armed: ErrNone.
func New() hold.Deadman { return none{} }

type none struct{}

func (none) Arm(hold.BootTime) error { return ErrNone }

func (none) Disarm() {}
