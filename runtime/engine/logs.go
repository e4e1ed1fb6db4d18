//go:build !nofleet

package engine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

const (
	// few entries are asked for one by one: that needs the leader of the stream
	// alone, and a standby that follows a log lacks few.
	few = 32
	// A consumer sends the rest, so many entries and bytes at a time.
	batch      = 1000
	batchBytes = 2 * MaxData
	// silence is how long a consumer may send nothing before another is made.
	silence = 3 * time.Second
)

// Append adds an entry to a log if its last entry has the number after.
func (e *Engine) Append(ctx context.Context, log string, after uint64, data []byte) (uint64, error) {
	return e.put(ctx, stateStream, logSubject+token(log), after, data)
}

// Tail is the last entry of a log, as the leader has it.
func (e *Engine) Tail(ctx context.Context, log string) ([]byte, uint64, error) {
	return e.latest(ctx, stateStream, logSubject+token(log))
}

// Read calls f with the entries of a log after a number, up to its end.
func (e *Engine) Read(ctx context.Context, log string, after uint64, f func(seq uint64, data []byte) error) (uint64, error) {
	data, seq, err := e.entry(ctx, log, after)
	if err != nil {
		return 0, err
	}
	if seq == 0 && after > 0 && e.seen.last(logSubject+token(log)) == after {
		return after, nil // the last entry is not fetched to know its number: it may have 8 MB
	}
	_, last, err := e.Tail(ctx, log)
	if err != nil {
		return 0, err
	}
	if last <= after {
		return last, nil
	}
	for n := 0; ; n++ {
		if seq == 0 { // the last entry is never purged
			return 0, fmt.Errorf("%w: a member that led before has answered, and lacks what follows", hold.ErrUnknown)
		}
		if seq > last { // it has been purged meanwhile
			break
		}
		if err := f(seq, data); err != nil {
			return 0, err
		}
		if seq == last {
			break
		}
		if n == few {
			for seq < last {
				if seq, err = e.consume(ctx, log, seq, last, f); err != nil {
					return 0, err
				}
			}
			break
		}
		if data, seq, err = e.entry(ctx, log, seq); err != nil {
			return 0, err
		}
	}
	return last, nil
}

// entry is the first entry of a log after a number; 0: there is none.
func (e *Engine) entry(ctx context.Context, log string, after uint64) ([]byte, uint64, error) {
	return e.get(ctx, stateStream, messageRequest{NextOf: logSubject + token(log), From: after + 1})
}

// consume calls f with the entries after at, up to last, and says how far it came
// before its consumer fell silent. The consumer may be at a member that lags behind
// the leader; it waits for what comes.
func (e *Engine) consume(ctx context.Context, log string, at, last uint64, f func(uint64, []byte) error) (uint64, error) {
	base, err := e.base(ctx, stateStream)
	if err != nil {
		return 0, err
	}
	name, subject := rand.Text(), logSubject+token(log)
	config := struct {
		Stream string              `json:"stream_name"`
		Config nats.ConsumerConfig `json:"config"`
	}{stateStream, nats.ConsumerConfig{
		Name:              name,
		DeliverPolicy:     nats.DeliverByStartSequencePolicy,
		OptStartSeq:       at - base + 1, // at is that of an entry
		AckPolicy:         nats.AckNonePolicy,
		FilterSubject:     subject,
		InactiveThreshold: 30 * time.Second,
		Replicas:          1,
		MemoryStorage:     true,
	}}
	if err := e.api(ctx, "CONSUMER.CREATE."+stateStream+"."+name+"."+subject, config, &struct{}{}); err != nil {
		return 0, err
	}
	defer e.nc.Publish("$JS.API.CONSUMER.DELETE."+stateStream+"."+name, nil)

	sub, err := e.nc.SubscribeSync(nats.NewInbox())
	if err != nil {
		return 0, fmt.Errorf("%w: %w", hold.ErrUnknown, err)
	}
	defer sub.Unsubscribe()
	ask, _ := json.Marshal(map[string]any{"batch": batch, "max_bytes": batchBytes, "expires": silence})
	for due := 0; ; due-- {
		if due == 0 {
			if err := e.nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+stateStream+"."+name, sub.Subject, ask); err != nil {
				return 0, fmt.Errorf("%w: %w", hold.ErrUnknown, err)
			}
			due = batch
		}
		msg, err := e.next(ctx, sub)
		if err != nil {
			return at, err
		}
		if msg == nil {
			return at, nil
		}
		if msg.Header.Get("Status") != "" { // the batch has ended before it was full
			due = 1
			continue
		}
		meta, err := msg.Metadata()
		if err != nil {
			return 0, fmt.Errorf("%w: %w", hold.ErrUnknown, err)
		}
		if seq := base + meta.Sequence.Stream; seq <= last {
			if err := f(seq, msg.Data); err != nil {
				return 0, err
			}
			at = seq
		} else {
			at = last
		}
		if at >= last {
			return at, nil
		}
	}
}

// next is the next message of a subscription; nil: there was none for too long.
func (e *Engine) next(ctx context.Context, sub *nats.Subscription) (*nats.Msg, error) {
	wait, cancel := clock.WithTimeout(e.cfg.Clock, ctx, silence+time.Second)
	defer cancel()
	defer clock.OnDone(e.ctx, cancel)()
	msg, err := sub.NextMsgWithContext(wait)
	switch {
	case err == nil:
		return msg, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%w: %w", hold.ErrUnknown, clock.Cause(ctx))
	case e.ctx.Err() != nil || wait.Err() == nil:
		return nil, fmt.Errorf("%w: %w", hold.ErrUnknown, err)
	}
	return nil, nil
}

// Purge drops the entries of a log before a number. The last entry stays: the next
// Append is told its number.
func (e *Engine) Purge(ctx context.Context, log string, before uint64) error {
	_, last, err := e.Tail(ctx, log)
	if err != nil || last == 0 {
		return err
	}
	base, err := e.base(ctx, stateStream)
	if err != nil || before <= base {
		return err
	}
	return e.api(ctx, "STREAM.PURGE."+stateStream,
		map[string]any{"filter": logSubject + token(log), "seq": min(before, last) - base}, &struct{}{})
}
