package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/isapi"
)

// triggers are the device's event rules. known is false where it does not
// show them.
type triggers struct {
	list  []isapi.Trigger
	known bool
}

// checkTriggers reads the event rules of all channels.
func (x *exam) checkTriggers(ctx context.Context) Check {
	var err error
	x.triggers.list, err = patient(ctx, x, x.Client.EventTriggers) // firmware that fails on the whole list is asked for each
	switch {
	case absent(err):
		return skip("the device does not show its event rules to this account")
	case err != nil:
		return failed(err)
	}
	x.triggers.known = true
	return fine("%d event rules", len(x.triggers.list))
}

// triggersOf are the rules of one kind on a channel. A camera with a single
// channel need not number them.
func (x *exam) triggersOf(t *target, word string) []isapi.Trigger {
	var list []isapi.Trigger
	for _, tr := range x.triggers.list {
		if tr.Type == word && (tr.Channel == t.id || tr.Channel == 0 && tr.Port == 0 && len(x.channels) == 1) {
			list = append(list, tr)
		}
	}
	return list
}

// checkCenter looks whether the events that are on reach the event stream.
// If none does, nothing of this channel can reach a script: a failure. If
// some do, the others may be meant for the recorder alone: a warning.
func (x *exam) checkCenter(_ context.Context, t *target) Check {
	if !x.triggers.known {
		return skip("the device does not show its event rules to this account")
	}
	var notified, silent, fixes []string
	listed := false
	for _, r := range t.rules {
		list := x.triggersOf(t, r.word)
		listed = listed || len(list) > 0
		// One that does not say whether it is on counts where no other is.
		if len(list) == 0 || !r.on() && (r.enabled != nil || slices.ContainsFunc(t.rules, (*rule).on)) {
			continue
		}
		if slices.ContainsFunc(list, isapi.Trigger.Center) {
			notified = append(notified, r.word)
			continue
		}
		silent = append(silent, r.word)
		fixes = append(fixes, fmt.Sprintf("In the device's web page: %s > Linkage Method: %stick Notify Surveillance Center, then Save.", r.menu, x.camera(t)))
	}
	finding := "centre notification off for " + strings.Join(silent, ", ") + ": such events never reach the event stream"
	switch {
	case len(silent) > 0 && len(notified) > 0:
		return warn(finding, strings.Join(fixes, " "))
	case len(silent) > 0:
		return fail(finding, strings.Join(fixes, " "))
	case len(notified) > 0:
		return fine("on for %s", strings.Join(notified, ", "))
	case listed:
		return skip("no event of this channel is switched on")
	}
	return skip("the device lists no event rules for this channel")
}
