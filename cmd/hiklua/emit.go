package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/happening"
	"github.com/hiklua/hiklua/runtime/hosts"
	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/site"
)

func newEmitCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "emit [SITE] (NAME [JSON] | DEVICE[/CHANNEL] WHAT)",
		Short: "An event for a running host: of a script's, or of a simulated device",
		Long: `Tells the scripts of the host that runs a site (default: the current folder) of
an event, as hik.emit does: those that listen by hik.on(NAME, fn) get the value.

With a device it has a simulated one notice or suffer something: an event word
such as motion, or a fault such as offline, and how long. An alarm goes on for
5 s, or "for 20s", or from "start" to "stop"; a fault until "stop", or "for 2m".
Only devices with simulate: in site.yaml, or all with run --simulate, can be made
to notice something; nothing is sent to real ones.`,
		Example: `  {hiklua} emit gate motion
  {hiklua} emit gate/yard line_crossing human for 20s
  {hiklua} emit gate offline 2m
  {hiklua} emit shop closing '{"by": "hand"}'
  {hiklua} emit shop mqtt:door/state '{"open": true}'`,
		Annotations: next(`{hiklua} events --follow SITE shows what devices notice; {hiklua} log --follow SITE what scripts say.`),
		RunE: func(c *cobra.Command, args []string) error {
			dir := siteAround()
			if len(args) > 0 && hasSite(args[0]) {
				dir, args = args[0], args[1:]
			}
			if len(args) == 0 {
				return &misuse{"emit: what? A name that scripts listen to, or a simulated device and what it notices", a.name + " emit gate motion"}
			}
			answer, err := a.emitIn(c.Context(), dir, emitRequest{args[0], strings.Join(args[1:], " ")})
			if err != nil {
				return err
			}
			fmt.Fprintln(a.stdout, answer.Text)
			if answer.Note != "" {
				fmt.Fprintln(a.stderr, answer.Note)
			}
			return nil
		},
	}
	c.Flags().SetInterspersed(false) // "clock-wrong -2h" has no flag in it
	return c
}

// emitRequest is what emit was given: a name or a place, and the rest.
type emitRequest struct{ Name, Rest string }

// emitIn has something happen in the host that runs the site in dir.
func (a *app) emitIn(ctx context.Context, dir string, r emitRequest) (api.Emitted, error) {
	return askHost(ctx, a, dir, func(c *api.Client) (api.Emitted, error) { return c.Emit(ctx, r.Name, r.Rest) })
}

// emitter has things happen in a host.
type emitter struct {
	host    hosted
	devices *simulation
}

func (e emitter) emit(r emitRequest) (api.Emitted, error) {
	s := e.host.Site()
	name, _, _ := strings.Cut(r.Name, "/")
	if _, known := s.Device(name); known && !isJSON(r.Rest) && (r.Rest != "" || !slices.Contains(e.host.EmittedNames(), r.Name)) {
		return e.happen(s, r)
	}
	return e.tell(s, r)
}

// away is the error where another host of a cluster has a device, or, without one,
// scripts that may listen; nil: none has.
func (e emitter) away(device string) error {
	if group, is := e.host.(*hosts.Group); is {
		return group.Away(device)
	}
	return nil
}

// isJSON reports whether a text is a value in JSON. None of the words that
// happen to devices is.
func isJSON(text string) bool { return text != "" && json.Valid([]byte(text)) }

// happen has a simulated device notice or suffer something.
func (e emitter) happen(s *site.Site, r emitRequest) (a api.Emitted, err error) {
	w, err := happening.ParseWhat(strings.TrimSpace(r.Name+" "+r.Rest), s)
	if err != nil {
		return a, &luaapi.Failure{Kind: "misuse", Message: err.Error()}
	}
	d := e.devices.device(w.Device)
	away := e.away(w.Device)
	switch {
	case away != nil:
		return a, away
	case d == nil:
		return a, &luaapi.Failure{Kind: "misuse", Message: w.Device + " is a real device: only simulated ones can be made to notice something",
			Hint: `"simulate: ptz" in site.yaml, or run --simulate for all`}
	case w.Channel != 0 && !d.HasChannel(w.Channel):
		return a, &luaapi.Failure{Kind: "misuse", Message: fmt.Sprintf("%s has no channel %d", w.Device, w.Channel)}
	}
	w.Do(d)
	a.Text = happened(s, w)
	for _, device := range e.host.Status().Devices {
		if device.Name == w.Device && w.Alarm.Type != "" && w.State != happening.Stop && device.Events != "flowing" {
			a.Note = fmt.Sprintf("events of %s are %s: a host gets them only while a script listens, such as by dev:on(%q, fn)", w.Device, device.Events, w.Alarm.Type)
		}
	}
	return a, nil
}

// happened says what was done to a simulated device.
func happened(s *site.Site, w happening.What) string {
	place := w.Device
	if w.Channel != 0 {
		name := s.ChannelName(w.Device, w.Channel)
		if name == "" {
			name = fmt.Sprint(w.Channel)
		}
		place += "/" + name
	}
	what, verb := w.Alarm.Type, "notices"
	if w.Fault.Name != "" {
		what, verb = w.Fault.Name, "has the fault"
		if w.Fault.Value != "" {
			what += " by " + w.Fault.Value
		}
	}
	switch {
	case w.State == happening.Stop:
		return fmt.Sprintf("%s: %s has ended", place, what)
	case w.For == 0:
		return fmt.Sprintf("%s %s %s until it is stopped", place, verb, what)
	}
	return fmt.Sprintf("%s %s %s for %s", place, verb, what, clock.FormatDuration(w.For))
}

// tell tells the scripts of an event.
func (e emitter) tell(s *site.Site, r emitRequest) (a api.Emitted, err error) {
	var value any
	if r.Rest != "" {
		if err := json.Unmarshal([]byte(r.Rest), &value); err != nil {
			if !strings.HasPrefix(r.Name, luaapi.MessageEvent) && !strings.HasPrefix(r.Name, luaapi.HookEvent) {
				return a, noSuchEmission(s, r, err)
			}
			value = r.Rest // what a message carries may be any text
		}
	}
	if err := luaapi.CheckToldName(r.Name); err != nil {
		return a, &luaapi.Failure{Kind: "misuse", Message: err.Error(), Hint: "a device comes first, such as emit gate motion"}
	}
	if names := e.host.EmittedNames(); !slices.ContainsFunc(names, func(n string) bool { return luaapi.NameMatches(n, r.Name) }) {
		if away := e.away(""); away != nil {
			return a, away
		}
		hint := nearest.Hint(r.Name, append(slices.Clone(names), s.DeviceNames()...))
		if hint == "" && len(names) > 0 {
			hint = "; they listen to " + strings.Join(names, ", ")
		}
		return a, &luaapi.Failure{Kind: "not_found", Message: fmt.Sprintf("no script listens to %q%s", r.Name, hint)}
	}
	told, err := e.host.Emit(r.Name, luaapi.EmittedValue(value))
	if err != nil {
		return a, err
	}
	a.Text = r.Name + ": " + plural(told, "handler") + " told"
	return a, nil
}

// noSuchEmission says what is wrong with a value that is no JSON: it may have
// been meant for a device.
func noSuchEmission(s *site.Site, r emitRequest, err error) error {
	first, _, _ := strings.Cut(r.Rest, " ")
	if words := happening.Words(); slices.Contains(words, first) || nearest.Word(first, words) != "" {
		if _, err := happening.ParseWhat(r.Name+" "+r.Rest, s); err != nil {
			return &luaapi.Failure{Kind: "not_found", Message: err.Error()}
		}
	}
	return &luaapi.Failure{Kind: "misuse", Message: fmt.Sprintf("what is emitted is no JSON: %v", err), Hint: `such as '{"by": "hand"}', '"text"' or 7`}
}

// emit is .emit of the REPL.
func (r *repl) emit(ctx context.Context, text string) error {
	name, rest, _ := strings.Cut(text, " ")
	request := emitRequest{name, strings.TrimSpace(rest)}
	var answer api.Emitted
	var err error
	if r.host != nil {
		answer, err = emitter{r.host, r.simulated}.emit(request)
	} else {
		answer, err = r.emitIn(ctx, r.site.Dir, request)
	}
	if err != nil {
		return err
	}
	io.WriteString(r.stdout, answer.Text+"\n")
	if answer.Note != "" {
		r.writeWrapped(answer.Note + "\n")
	}
	return nil
}

// completeEmit completes what follows .emit.
func completeEmit(n namer, args string) completion {
	place, rest, more := strings.Cut(args, " ")
	switch {
	case !more:
		return offer(args, words(n.Devices()))
	case !strings.Contains(rest, " ") && place != "":
		return offer(rest, words(happening.Words()))
	}
	return completion{}
}

// completeEmitArgs is for emit [SITE] DEVICE WHAT.
func (a *app) completeEmitArgs(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	dir := siteAround()
	if len(args) > 0 && hasSite(args[0]) {
		dir, args = args[0], args[1:]
	}
	s, err := a.quiet().loadNames(dir)
	switch {
	case err != nil:
		return nil, folders(len(args) == 0)
	case len(args) == 0:
		return channelNames(s), cobra.ShellCompDirectiveNoFileComp
	case len(args) == 1:
		return happening.Words(), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}
