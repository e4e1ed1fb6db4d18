//go:build !nofleet

package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	tendRetry   = 500 * time.Millisecond // while streams are missing
	tendEvery   = 30 * time.Second       // when all is well
	tendTimeout = 2 * time.Second        // for one stream
	tendFirst   = 10 * time.Second       // of trouble, until a line about what is missing
	tendSay     = time.Minute            // between two of them
)

// streams are what the cluster keeps, with so many copies.
func streams(replicas int) []nats.StreamConfig {
	stream := func(name, subjects string, perSubject int64) nats.StreamConfig {
		return nats.StreamConfig{
			Name: name, Subjects: []string{subjects}, Storage: nats.FileStorage, Replicas: replicas,
			MaxMsgs: -1, MaxBytes: -1, MaxConsumers: -1, MaxMsgsPerSubject: perSubject,
			MaxMsgSize: MaxData + 4096, DenyDelete: true,
		}
	}
	return []nats.StreamConfig{
		stream(leasesStream, leaseSubject+">", 1),
		stream(cellsStream, cellSubject+">", 1),
		stream(stateStream, logSubject+">", -1),
	}
}

// tend makes the streams, together with the other members, and sees to it that
// they stay what they are to be, and that the server of this member works.
func (e *Engine) tend() {
	said, due, whole := clock.NewStopwatch(), tendFirst, false
	for e.ctx.Err() == nil {
		replicas := len(e.cfg.Members)
		if e.server == nil {
			replicas = outsideReplicas
		}
		err := e.makeStreams(e.ctx, replicas)
		if err == nil && e.server != nil {
			err = e.dismissFormer(e.ctx, formerAfter)
		}
		wait := tendEvery
		if err == nil {
			said, due = clock.NewStopwatch(), tendFirst
		}
		if err == nil && !whole && e.server != nil {
			if whole = e.server.whole(); whole {
				e.cfg.Log.Info("engine: this member has a copy of all that the cluster keeps")
			} else {
				wait = tendRetry
			}
		}
		if err != nil {
			wait = tendRetry
			if e.ctx.Err() == nil && said.Elapsed() > due {
				said, due = clock.NewStopwatch(), tendSay
				e.cfg.Log.Warn("engine: "+e.unready(), "error", err)
			}
		}
		clock.Sleep(e.ctx, e.cfg.Clock, wait)
	}
}

// unready says what the cluster may lack to answer. Streams with a copy on each member
// can't be made before all of them have met, and fewer copies would make one death the
// end of the cluster.
func (e *Engine) unready() string {
	var missing []string
	for _, m := range e.Status().Members {
		if !m.Up {
			missing = append(missing, m.Name)
		}
	}
	const text = "the cluster does not answer; for its very first start all members are needed, later a majority of them"
	switch len(missing) {
	case 0:
		return text
	case 1:
		return text + ": " + missing[0] + " is missing"
	}
	return text + ": " + strings.Join(missing, ", ") + " are missing"
}

// makeStreams makes the streams that are not there. It returns an errUnfit for one
// that is not as it must be.
func (e *Engine) makeStreams(ctx context.Context, replicas int) error {
	for _, want := range streams(replicas) {
		ctx, cancel := clock.WithTimeout(e.cfg.Clock, ctx, tendTimeout)
		err := e.makeStream(ctx, want)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) makeStream(ctx context.Context, want nats.StreamConfig) error {
	var info nats.StreamInfo
	err := e.api(ctx, "STREAM.INFO."+want.Name, nil, &info)
	if refusedWith(err, codeNoStream) {
		want.Metadata = newBase(e.cfg.Clock)
		err = e.api(ctx, "STREAM.CREATE."+want.Name, want, &info)
		if refusedWith(err, codeOtherConfig) { // another member was quicker
			err = e.api(ctx, "STREAM.INFO."+want.Name, nil, &info)
		}
	}
	if err != nil {
		return err
	}
	have := info.Config
	if err := e.numbers.learn(have); err != nil {
		return err
	}
	if have.Replicas != want.Replicas && e.cfg.URL == "" {
		// The cluster has more or fewer members than before.
		have.Replicas = want.Replicas
		return e.api(ctx, "STREAM.UPDATE."+want.Name, have, &info)
	}
	return unfit(have, want)
}

// errUnfit: a stream is not as it must be.
var errUnfit = errors.New("the stream is of no use")

// unfit says why a stream can't carry what it is for.
func unfit(have, want nats.StreamConfig) error {
	var why string
	switch {
	case have.Storage != nats.FileStorage:
		why = "it is kept in memory and not in files"
	case have.Replicas < want.Replicas:
		why = fmt.Sprintf("it has %d replicas and needs %d", have.Replicas, want.Replicas)
	case have.MaxMsgsPerSubject != want.MaxMsgsPerSubject:
		why = fmt.Sprintf("max_msgs_per_subject is %d and must be %d", have.MaxMsgsPerSubject, want.MaxMsgsPerSubject)
	case have.MaxMsgs > 0 || have.MaxBytes > 0 || have.MaxAge > 0:
		why = "it has a limit by number, size or age, and would lose what is needed"
	case have.Retention != nats.LimitsPolicy:
		why = "its retention is not limits"
	case have.MaxMsgSize > 0 && have.MaxMsgSize < want.MaxMsgSize:
		why = fmt.Sprintf("max_msg_size is %d and must be %d at least", have.MaxMsgSize, want.MaxMsgSize)
	case len(have.Subjects) != 1 || have.Subjects[0] != want.Subjects[0]:
		why = fmt.Sprintf("its subjects are %q and not %q", have.Subjects, want.Subjects)
	default:
		return nil
	}
	return fmt.Errorf("%w: %s: %s", errUnfit, want.Name, why)
}
