package rehearsal

import (
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// watch sees everything that happens in a rehearsal, and says at its end what is
// wrong.
type watch struct{}

func newWatch(Options) *watch { return &watch{} }

// entry takes what was put on record.
func (w *watch) entry(journal.Entry) {}

// record takes a line of the host's log.
func (w *watch) record(timeline.Record) {}

// findings are told when the span is over.
func (w *watch) findings(*Result) []timeline.Finding { return nil }
