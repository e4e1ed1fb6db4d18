//go:build !nofleet

package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/hiklua/hiklua/runtime/hold"
)

// Numbers of errors of JetStream.
const (
	codeNotAvailable  = 10008
	codeNoMessage     = 10037
	codeNotMember     = 10044
	codeNoStream      = 10059
	codeOtherConfig   = 10058
	codeWrongLast     = 10071 // another value stands there
	codeWrongLastBusy = 10164 // another value stands there, or one is on its way
	codeMembersChange = 10202
)

// refusal is an error that JetStream has answered with.
type refusal nats.APIError

func (r *refusal) Error() string { return fmt.Sprintf("%s (%d)", r.Description, r.ErrorCode) }

// refusedWith tells whether JetStream has answered with an error of that number.
func refusedWith(err error, code nats.ErrorCode) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.ErrorCode == code
}

// api asks JetStream's API for something, whose leader answers. The error wraps
// ErrUnknown, and a *refusal if there was an answer.
func (e *Engine) api(ctx context.Context, what string, question, answer any) error {
	data, err := json.Marshal(question)
	if err != nil {
		return err
	}
	msg, err := e.request(ctx, &nats.Msg{Subject: "$JS.API." + what, Data: data})
	if err != nil {
		return err
	}
	return decode(msg.Data, answer)
}

// decode reads an answer of JetStream, which may be a refusal.
func decode(data []byte, answer any) error {
	both := struct {
		Error *refusal `json:"error"`
	}{}
	if len(data) < 4096 { // no refusal is as long, and a value need not be read twice
		if err := json.Unmarshal(data, &both); err != nil {
			return fmt.Errorf("%w: its answer can't be read: %w", hold.ErrUnknown, err)
		}
		if both.Error != nil {
			return fmt.Errorf("%w: %w", hold.ErrUnknown, both.Error)
		}
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fmt.Errorf("%w: its answer can't be read: %w", hold.ErrUnknown, err)
	}
	return nil
}
