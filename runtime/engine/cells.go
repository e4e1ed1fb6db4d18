//go:build !nofleet

package engine

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/nats-io/nats.go"

	"github.com/hiklua/hiklua/runtime/hold"
)

// CAS puts data into a cell if the value that stands there has the number after.
func (e *Engine) CAS(ctx context.Context, cell string, after uint64, data []byte) (uint64, error) {
	stream, subject := cellPlace(cell)
	return e.put(ctx, stream, subject, after, data)
}

// put adds a message to a stream if the last one of its subject has the number
// after, which is what cells and logs have in common.
func (e *Engine) put(ctx context.Context, stream, subject string, after uint64, data []byte) (uint64, error) {
	if len(data) > MaxData {
		return 0, fmt.Errorf("%w: %d bytes", ErrTooLarge, len(data))
	}
	base, err := e.base(ctx, stream)
	if err != nil {
		return 0, err
	}
	expected := after
	if after > base {
		expected -= base
	} else if after > 0 { // of a stream that is no more
		expected = math.MaxInt64
	}
	msg := &nats.Msg{Subject: subject, Data: data, Header: nats.Header{
		nats.ExpectedLastSubjSeqHdr: {strconv.FormatUint(expected, 10)},
	}}
	answer, err := e.request(ctx, msg)
	if err != nil {
		return 0, err
	}
	var ack nats.PubAck
	switch err := decode(answer.Data, &ack); {
	case refusedWith(err, codeWrongLast), refusedWith(err, codeWrongLastBusy):
		return 0, fmt.Errorf("%w: %v", hold.ErrConflict, err)
	case err != nil:
		return 0, err
	case ack.Stream != stream || ack.Sequence == 0:
		return 0, fmt.Errorf("%w: its answer makes no sense: %.100q", hold.ErrUnknown, answer.Data)
	}
	e.seen.reached(subject, base+ack.Sequence)
	return base + ack.Sequence, nil
}

// Last is the value that stands in a cell, as the leader has it.
func (e *Engine) Last(ctx context.Context, cell string) ([]byte, uint64, error) {
	stream, subject := cellPlace(cell)
	return e.latest(ctx, stream, subject)
}

// latest is the last message of a subject; 0: there is none.
func (e *Engine) latest(ctx context.Context, stream, subject string) ([]byte, uint64, error) {
	known := e.seen.last(subject)
	data, seq, err := e.get(ctx, stream, messageRequest{LastOf: subject})
	if err == nil {
		err = e.seen.believe(subject, known, seq)
	}
	if err != nil {
		return nil, 0, err
	}
	return data, seq, nil
}

// messageRequest asks for a message: the last of a subject, or the first of one
// after a number.
type messageRequest struct {
	LastOf string `json:"last_by_subj,omitempty"`
	NextOf string `json:"next_by_subj,omitempty"`
	From   uint64 `json:"seq,omitempty"`
}

// get reads one message of a stream from its leader; 0: there is none.
func (e *Engine) get(ctx context.Context, stream string, which messageRequest) ([]byte, uint64, error) {
	base, err := e.base(ctx, stream)
	if err != nil {
		return nil, 0, err
	}
	if which.NextOf != "" {
		which.From = max(which.From, base+1) - base
	}
	var answer struct {
		Message struct {
			Sequence uint64 `json:"seq"`
			Data     []byte `json:"data"`
		} `json:"message"`
	}
	err = e.api(ctx, "STREAM.MSG.GET."+stream, which, &answer)
	if refusedWith(err, codeNoMessage) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	return answer.Message.Data, base + answer.Message.Sequence, nil
}

// Listen has f called with every try to change a cell.
func (e *Engine) Listen(cell string, f func(data []byte)) (stop func()) {
	_, subject := cellPlace(cell)
	return e.subscribe(subject, func(msg *nats.Msg) { f(msg.Data) })
}
