package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/nearest"
)

// freeHead is how long what a person asks of a head waits for another owner's command
// at that head, or for the end of hik.exclusive.
const freeHead = 5 * time.Second

// unknown is the error about a name; none is its hint where nothing has a name of
// that kind.
func unknown(what, name string, known []string, none string) error {
	hint := none
	if near := nearest.Word(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if len(known) > 0 {
		hint = "there is " + joined(known)
	}
	return &luaapi.Failure{Kind: "misuse", Message: fmt.Sprintf("no %s %q", what, name), Hint: hint, Err: luaapi.ErrUnknownName}
}

// whoKey is the context key of By.
type whoKey struct{}

// By is ctx for what is asked for not by a person's hand, but by way of something
// else: the log says "by mqtt" then.
func By(ctx context.Context, who string) context.Context {
	return context.WithValue(ctx, whoKey{}, who)
}

func whoOf(ctx context.Context) string {
	who, _ := ctx.Value(whoKey{}).(string)
	return cmp.Or(who, "hand")
}

// byHand is ctx for the commands of a person, as the journal names them.
func byHand(ctx context.Context) context.Context {
	by := "by " + whoOf(ctx)
	return device.WithOwner(ctx, &device.Owner{Name: "a person, " + by, Task: by})
}

// tellByHand logs what a person has done.
func (h *Host) tellByHand(ctx context.Context, what string, err error, keys ...any) {
	what += " by " + whoOf(ctx)
	if err != nil {
		h.log.Warn(what+" failed", append(keys, keyError, err)...)
		return
	}
	h.log.Info(what, keys...)
}

// shown finds a device that Status lists.
func (h *Host) shown(name string) (*device.Ref, error) {
	var known []string
	for _, r := range h.devices.All() {
		if r.Name() == name {
			return r, nil
		}
		known = append(known, r.Name())
	}
	return nil, luaapi.UnknownDevice(name, known)
}

// channelOf finds a channel of a device that Status lists.
func (h *Host) channelOf(name string, channel int) (*device.Ref, error) {
	r, err := h.shown(name)
	if err != nil {
		return nil, err
	}
	var there []string
	for _, c := range channelsOf(r) {
		if c.ID == channel {
			return r, nil
		}
		there = append(there, strings.TrimSpace(fmt.Sprintf("%d %s", c.ID, c.Name)))
	}
	return nil, &luaapi.Failure{
		Kind: "misuse", Message: fmt.Sprintf("site.yaml gives it no channel %d", channel), Device: name,
		Hint: "there is " + joined(there), Err: luaapi.ErrUnknownName,
	}
}

// channelsOf are the channels that site.yaml gives a device; of one without any it
// is channel 1.
func channelsOf(r *device.Ref) []luaapi.Channel {
	if list := r.Channels(); len(list) > 0 {
		return list
	}
	return []luaapi.Channel{{ID: 1}}
}

// handStops counts the stops that people ask of each head.
type handStops struct {
	mu sync.Mutex
	of map[headOf]int
}

// headOf names a head.
type headOf struct {
	device  string
	channel int
}

func (s *handStops) add(h headOf) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = make(map[headOf]int)
	}
	s.of[h]++
}

func (s *handStops) count(h headOf) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of[h]
}

// StopHead stops what moves at a channel of a device for a person: pan, tilt and
// zoom in any case, focus and iris where they move. It goes before everything in
// the device's queue and returns when the device has answered, or with an error;
// then the stop is still tried until it is answered. What a person has asked of
// the head before, and waits, is not done any more. The channel is one of the
// device's, or another at which a head moves.
func (h *Host) StopHead(ctx context.Context, name string, channel int) error {
	r, err := h.shown(name)
	if err != nil {
		return err
	}
	moving := r.Moving(channel)
	if len(moving) == 0 {
		if r, err = h.channelOf(name, channel); err != nil {
			return err
		}
	}
	if !slices.Contains(moving, luaapi.NoLens) {
		moving = append(moving, luaapi.NoLens)
	}
	h.stops.add(headOf{name, channel})
	ctx = byHand(ctx)
	stops := clock.NewGroup(h.clk) // none waits for the answer to another
	errs := make([]error, len(moving))
	for i, part := range moving {
		stops.Go(func() {
			if part == luaapi.NoLens {
				errs[i] = r.StopHead(ctx, channel)
				return
			}
			cmd := luaapi.Command{What: string(part), Channel: channel, Detail: "0"}
			errs[i] = r.MoveLens(ctx, cmd, part, 0, luaapi.MoveOptions{})
		})
	}
	stops.Wait()
	err = errors.Join(errs...)
	h.tellByHand(ctx, "stop of a head", err, keyDevice, name, keyChannel, channel)
	return err
}

// RecallPreset turns a head to a preset for a person, and returns when the device
// has accepted that. A preset that is a function of the device, such as 94, which
// reboots it, is refused with an error of kind misuse; a head that a script keeps
// for itself for longer than a few seconds, with one of kind busy.
func (h *Host) RecallPreset(ctx context.Context, name string, channel, preset int) error {
	r, err := h.channelOf(name, channel)
	if err != nil {
		return err
	}
	head := headOf{name, channel}
	stops := h.stops.count(head)
	ctx = byHand(ctx)
	check := luaapi.Command{What: "ptz_capabilities", Channel: channel}
	if preset < 1 || preset > isapi.MaxPreset {
		return luaapi.CheckPreset(ctx, nil, channel, preset)
	}
	if preset > luaapi.OrdinaryPresets {
		err = r.Do(ctx, check, func(ctx context.Context, client *isapi.Client) error {
			return luaapi.CheckPreset(ctx, client, channel, preset)
		})
		if err != nil {
			return err
		}
	}
	release, err := r.Exclusive(ctx, channel, freeHead)
	if err != nil {
		return err
	}
	defer release()
	cmd := luaapi.Command{What: "preset", Channel: channel, Detail: fmt.Sprint(preset), Name: h.presets.name(r, channel, preset), Head: true}
	err = r.Do(ctx, cmd, func(ctx context.Context, client *isapi.Client) error {
		if h.stops.count(head) != stops {
			return &luaapi.Failure{Kind: "cancelled", Message: "the head was stopped by hand while this waited", Device: name, Channel: channel}
		}
		return client.GotoPreset(ctx, channel, preset)
	})
	h.tellByHand(ctx, "preset", err, keyDevice, name, keyChannel, channel, "preset", preset)
	return err
}
