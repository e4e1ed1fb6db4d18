//go:build !nofleet

package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

// formerAfter is how long a member that is in no site.yaml any more must have been
// away before it loses its vote: a member whose site.yaml is older than that of the
// others takes no vote from a host that is new.
const formerAfter = 5 * time.Minute

// dismissTimeout is how long Dismiss may take: a vote is taken by all, as it is needed.
const dismissTimeout = 10 * time.Second

// dismissFormer takes the votes of those that are no members any more and have been
// away for so long. What they stored is copied to members. The member that leads the
// servers does that for all.
func (e *Engine) dismissFormer(ctx context.Context, away time.Duration) error {
	s := e.server.current()
	if !s.JetStreamIsLeader() {
		return nil
	}
	members := map[string]bool{}
	for name := range e.cfg.Members {
		members[peerID(token(name))] = true
	}
	if !members[s.Node()] {
		return fmt.Errorf("this server is %s to the others, and not %s", s.Node(), peerID(token(e.cfg.Name)))
	}
	all, err := s.Jsz(&server.JSzOptions{})
	if err != nil || all.Meta == nil {
		return err
	}
	for _, peer := range all.Meta.Replicas {
		if members[peer.Peer] || !peer.Offline || peer.Active < away {
			continue
		}
		if err := e.dismiss(ctx, peer.Peer); err != nil {
			return fmt.Errorf("%s is no member any more and keeps its vote: %w", peer.Name, err)
		}
		e.cfg.Log.Info("engine: a former member has lost its vote", "member", peer.Name)
	}
	return nil
}

// Dismiss takes the vote of a member that is in no site.yaml any more, without waiting
// until it has been away for long. It must not run: the error says what has to be done
// first.
func (e *Engine) Dismiss(ctx context.Context, name string) error {
	if e.server == nil {
		return errors.New("the hosts have no votes: those of cluster.engine in site.yaml vote")
	}
	if _, is := e.cfg.Members[name]; is {
		return fmt.Errorf("%s is a member to this host: take it out of cluster: in site.yaml of every machine, and start each again", name)
	}
	routes, err := e.server.current().Routez(&server.RoutezOptions{})
	if err != nil {
		return err
	}
	for _, r := range routes.Routes {
		if r.RemoteName == token(name) {
			return fmt.Errorf("%s still runs: stop it first", name)
		}
	}
	ctx, cancel := clock.WithTimeout(e.cfg.Clock, ctx, dismissTimeout)
	defer cancel()
	for {
		err := e.dismiss(ctx, peerID(token(name)))
		switch {
		case refusedWith(err, codeNotMember):
			return fmt.Errorf("%s has no vote in this cluster", name)
		case err == nil:
			e.cfg.Log.Info("engine: a former member has lost its vote", "member", name)
			return nil
		case !refusedWith(err, codeMembersChange):
			return err
		}
		if clock.Sleep(ctx, e.cfg.Clock, tendRetry) != nil {
			return err
		}
	}
}

// dismiss takes a vote, as the administrator of the servers, whom nothing else here
// is.
func (e *Engine) dismiss(ctx context.Context, peer string) error {
	system, err := nats.Connect("", nats.InProcessServer(e.server), nats.UserInfo(systemUser, e.server.password))
	if err != nil {
		return err
	}
	defer system.Close()
	question, err := json.Marshal(map[string]string{"peer_id": peer})
	if err != nil {
		return err
	}
	answer, err := system.RequestWithContext(ctx, "$JS.API.SERVER.REMOVE", question)
	if err != nil {
		return fmt.Errorf("%w: %w", hold.ErrUnknown, err)
	}
	return decode(answer.Data, &struct{}{})
}

// peerID is what the servers call a server of that name among themselves.
func peerID(name string) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	sum := sha256.Sum256([]byte(name))
	id := make([]byte, 8)
	for i := range id {
		id[i] = digits[int(sum[i])%len(digits)]
	}
	return string(id)
}
