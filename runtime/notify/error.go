package notify

import (
	"strings"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/web"
)

// Error is why a notification was not delivered. It shows no secrets.
type Error struct {
	Message string // one line, with the name of the server
	Hint    string // what to do about it; empty: nothing, or wait

	Refused  bool          // the same will be refused again
	Picture  bool          // without its picture it may be taken
	Answered bool          // the server did answer: another message may be taken
	After    time.Duration // the server asks for so much patience
}

func (e *Error) Error() string { return e.Message }

// unreachable is the error of a request that got no answer.
func unreachable(host string, err error) *Error {
	f := web.FailureOf(err, host)
	return &Error{Message: host + ": " + f.Message, Hint: f.Hint}
}

// scrub hides the secrets of a way in what a server says, and makes it one short
// line.
func scrub(text string, secrets []isapi.Secret) string {
	for _, s := range secrets {
		if plain := s.Reveal(); len(plain) >= 4 {
			text = strings.ReplaceAll(text, plain, "***")
		}
	}
	return cutBytes(oneLine(text), 200)
}

// tooLate is the error of a try that took longer than it may.
func tooLate(host string) *Error {
	return &Error{Message: host + ": not done within " + clock.FormatDuration(tryTakes)}
}
