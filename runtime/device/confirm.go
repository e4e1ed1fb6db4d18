package device

import (
	"context"
	"fmt"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// confirmLimit is how long the other machines may take to confirm that this host
// drives the devices. A stop of the head waits meanwhile.
const confirmLimit = 250 * time.Millisecond

// confirm has Config.Confirm asked, if it is set, before something that turns a head.
// An error says that it must not be sent.
func (r *Ref) confirm(ctx context.Context, channel int, what string) error {
	ask := r.set.conf.Confirm
	if ask == nil {
		return nil
	}
	limit, cancel := clock.WithTimeout(r.clk, ctx, confirmLimit)
	defer cancel()
	err := ask(limit)
	switch {
	case err == nil:
		return nil
	case clock.Cause(ctx) != nil:
		return clock.Cause(ctx)
	case clock.Cause(limit) == nil:
		return r.elsewhere(channel, what+" was not sent")
	}
	return &luaapi.Failure{
		Kind: "busy", Message: fmt.Sprintf("%s was not sent: the cluster had not confirmed within %v that this host drives the device", what, confirmLimit),
		Device: r.name, Channel: channel, Err: err,
		Hint: "cluster.confirm in site.yaml asks for that; after the loss of a machine this lasts up to 10 s: ask again",
	}
}
