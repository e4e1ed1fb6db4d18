//go:build !nofleet

package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/hiklua/hiklua/runtime/cluster"
	"github.com/hiklua/hiklua/runtime/hold"
)

// refusedHeader is in the answer of a member that refuses: the text of its error.
const refusedHeader = "Hiklua-Refused"

// Tell sends data to the members that hear a subject.
func (e *Engine) Tell(subject string, data []byte) {
	if err := e.nc.Publish(tellSubject+token(subject), data); err != nil && e.ctx.Err() == nil {
		e.cfg.Log.Debug("engine: could not tell "+subject, "error", err)
	}
}

// Hear has f called with what any member tells under a subject.
func (e *Engine) Hear(subject string, f func(data []byte)) (stop func()) {
	return e.subscribe(tellSubject+token(subject), func(msg *nats.Msg) { f(msg.Data) })
}

// subscribe has f called with the messages of a subject, one after another.
func (e *Engine) subscribe(subject string, f func(*nats.Msg)) (stop func()) {
	sub, err := e.nc.Subscribe(subject, f)
	if err != nil { // it is closed
		return func() {}
	}
	return func() { sub.Unsubscribe() }
}

// Ask has a member answer a question.
func (e *Engine) Ask(ctx context.Context, member, question string, data []byte) ([]byte, error) {
	if _, ok := e.cfg.Members[member]; !ok {
		return nil, &cluster.AskError{Member: member, Reason: "there is no such member in cluster: of site.yaml"}
	}
	answer, err := e.request(ctx, &nats.Msg{Subject: askSubject + token(member) + "." + token(question), Data: data})
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, fmt.Errorf("%w: %s does not run, is cut off, or does not know the question %q", hold.ErrUnknown, member, question)
	case err != nil:
		return nil, fmt.Errorf("%s was asked for %q: %w", member, question, err)
	}
	if reason := answer.Header.Values(refusedHeader); len(reason) > 0 {
		return nil, &cluster.AskError{Member: member, Reason: string(answer.Data)}
	}
	return answer.Data, nil
}

// Answer has f answer the questions to this member of one kind.
func (e *Engine) Answer(question string, f func(ctx context.Context, data []byte) ([]byte, error)) (stop func()) {
	return e.subscribe(askSubject+token(e.cfg.Name)+"."+token(question), func(msg *nats.Msg) {
		e.tasks.Go(func() {
			data, err := f(e.ctx, msg.Data)
			answer := &nats.Msg{Subject: msg.Reply, Data: data}
			if err == nil && len(data) > MaxData {
				err = fmt.Errorf("%w: an answer of %d bytes", ErrTooLarge, len(data))
			}
			if err != nil {
				answer.Data, answer.Header = []byte(err.Error()), nats.Header{refusedHeader: {"1"}}
			}
			if err := e.nc.PublishMsg(answer); err != nil && e.ctx.Err() == nil {
				e.cfg.Log.Debug("engine: could not answer "+question, "error", err)
			}
		})
	})
}
