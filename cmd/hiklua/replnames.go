package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/check"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const (
	// namesAge is how old a device's answer may be before it is asked again.
	namesAge = time.Minute
	// outlineLimit is how long a key waits for a session that computes.
	outlineLimit = 50 * time.Millisecond
)

// deviceNames are the names that devices have told of: channels and presets.
// They are asked in the background, in a session of their own.
type deviceNames struct {
	clk     clock.Clock
	open    func(ctx context.Context) (luaSession, error)
	changed func() // an answer has come

	mu      sync.Mutex
	asked   int                     // what has not been answered yet
	answers map[string]*namesAnswer // by what was asked
	session luaSession
	ctx     context.Context
	end     context.CancelFunc
	asking  sync.WaitGroup
}

type namesAnswer struct {
	names []string
	told  bool // the device has answered
	at    time.Time
}

func newDeviceNames(clk clock.Clock, open func(context.Context) (luaSession, error)) *deviceNames {
	d := &deviceNames{clk: clk, open: open, changed: func() {}, answers: make(map[string]*namesAnswer)}
	d.ctx, d.end = context.WithCancel(context.Background())
	return d
}

// close ends what is being asked.
func (d *deviceNames) close() {
	d.end()
	d.mu.Lock()
	session := d.session
	d.mu.Unlock()
	if session != nil {
		session.Close()
	}
	d.asking.Wait()
}

// of is what is known of the names in a list that Lua gives, and whether the
// device has told them. What is not known, or is old, is asked.
func (d *deviceNames) of(list string) (names []string, told bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.answers[list]
	if d.ctx.Err() == nil && (a == nil || d.clk.Now().Sub(a.at) > namesAge) {
		if a == nil {
			a = &namesAnswer{}
			d.answers[list] = a
		}
		a.at = d.clk.Now()
		d.asked++
		d.asking.Go(func() {
			d.ask(list)
			d.mu.Lock()
			d.asked--
			d.mu.Unlock()
			d.changed()
		})
	}
	if a == nil {
		return nil, false
	}
	return a.names, a.told
}

// ask asks a device. One that does not answer has no names.
func (d *deviceNames) ask(list string) {
	session, err := d.opened()
	if err != nil {
		return
	}
	values, err := session.Eval(d.ctx, fmt.Sprintf("(function() local names = {} for _, v in ipairs(%s) do names[#names + 1] = v.name end return unpack(names) end)()", list))
	if err != nil {
		return
	}
	var names []string
	for _, v := range values {
		if name, err := strconv.Unquote(v.Text); err == nil && name != "" {
			names = append(names, name)
		}
	}
	d.mu.Lock()
	d.answers[list].names, d.answers[list].told = names, true
	d.mu.Unlock()
}

// awaited reports whether there may be more names soon.
func (d *deviceNames) awaited() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked > 0
}

func (d *deviceNames) opened() (luaSession, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.session == nil {
		session, err := d.open(d.ctx)
		if err != nil {
			return nil, err
		}
		d.session = session
	}
	return d.session, nil
}

// The names of a session, for completion.
var _ namer = (*repl)(nil)

// Outline implements namer.
func (r *repl) Outline(path []string) luaapi.Outline {
	ctx, cancel := context.WithTimeout(context.Background(), outlineLimit)
	defer cancel()
	o, err := r.session.Outline(ctx, path)
	if err != nil {
		return luaapi.Outline{}
	}
	return o
}

// Devices implements namer.
func (r *repl) Devices() []string { return r.site.DeviceNames() }

// Channels implements namer.
func (r *repl) Channels(device string) []string {
	d, ok := r.site.Device(device)
	if !ok {
		return nil
	}
	var names []string
	for _, ch := range d.Channels {
		names = append(names, ch.Name)
	}
	told, answered := r.names.of(fmt.Sprintf("hik.channels(%q)", device))
	if saved := r.saved.Of(d); !answered && saved != nil {
		told = savedChannelNames(d, saved)
	}
	for _, name := range told {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Presets implements namer.
func (r *repl) Presets(device string, channel any) []string {
	d, ok := r.site.Device(device)
	if !ok {
		return nil
	}
	list := fmt.Sprintf("hik.presets(%q, %v)", device, channel)
	switch channel := channel.(type) {
	case nil:
		list = fmt.Sprintf("hik.presets(%q)", device)
	case string:
		list = fmt.Sprintf("hik.presets(%q, %q)", device, channel)
	}
	told, answered := r.names.of(list)
	if saved := r.saved.Of(d); !answered && saved != nil {
		return savedPresetNames(d, saved, channel)
	}
	return told
}

// savedChannelNames are the names of the channels of a device as they were saved.
func savedChannelNames(d site.Device, saved *site.SavedDevice) (names []string) {
	for _, ch := range saved.Channels {
		if _, known := configured(d, ch.ID); !known && ch.Name != "" {
			names = append(names, ch.Name)
		}
	}
	return names
}

// savedPresetNames are the names of the presets of a channel as they were saved.
// The channel is a name or a number; nil: the only one.
func savedPresetNames(d site.Device, saved *site.SavedDevice, channel any) (names []string) {
	ch := savedChannel(d, saved, channel)
	if ch == nil || ch.Head == nil {
		return nil
	}
	for _, p := range ch.Head.Presets {
		if p.Name != "" {
			names = append(names, p.Name)
		}
	}
	return names
}

func savedChannel(d site.Device, saved *site.SavedDevice, channel any) *site.SavedChannel {
	if channel == nil {
		switch {
		case len(d.Channels) == 1:
			return saved.Channel(d.Channels[0].Address)
		case len(d.Channels) == 0 && len(saved.Channels) == 1:
			return &saved.Channels[0]
		}
		return nil
	}
	name := fmt.Sprint(channel)
	if id, err := strconv.Atoi(name); err == nil {
		return saved.Channel(id)
	}
	for _, known := range d.Channels {
		if strings.EqualFold(known.Name, name) {
			return saved.Channel(known.Address)
		}
	}
	for i := range saved.Channels {
		if strings.EqualFold(saved.Channels[i].Name, name) {
			return &saved.Channels[i]
		}
	}
	return nil
}

// Modules implements namer.
func (r *repl) Modules() []string { return check.Modules(r.site.Dir) }

// Vars implements namer.
func (r *repl) Vars() map[string]any { return r.site.Vars }

// Jobs implements namer.
func (r *repl) Jobs() []string {
	st, err := r.status(context.Background())
	if err != nil {
		return nil
	}
	var names []string
	for _, j := range st.Jobs {
		names = append(names, j.Script+"/"+j.Name)
	}
	return names
}
