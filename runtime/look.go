package runtime

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
)

// Picture asks a channel for a picture, for people who look on: of the sub stream,
// or a small one of a device that has no pictures of that. It waits until nothing
// else is asked of the device, and is refused at once while that is not online (see
// device.Ref.Look). The bytes are a JPEG.
func (h *Host) Picture(ctx context.Context, name string, channel int) ([]byte, error) {
	r, err := h.channelOf(name, channel)
	if err != nil {
		return nil, err
	}
	var picture *isapi.Picture
	key := headKey(r, channel)
	cmd := luaapi.Command{What: "a picture", Channel: channel}
	err = r.Look(byHand(ctx), cmd, func(ctx context.Context, client *isapi.Client) (err error) {
		if _, none := h.noSub.Load(key); !none {
			picture, err = client.Picture(ctx, channel, isapi.PictureOptions{Stream: isapi.Sub})
			if !isLacking(err) {
				return err
			}
		}
		picture, err = client.Picture(ctx, channel, isapi.PictureOptions{Width: 640, Height: 360})
		if err == nil {
			h.noSub.Store(key, true)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return picture.Data, nil
}

// isLacking reports whether a device has said that it has no such thing.
func isLacking(err error) bool {
	e, ok := errors.AsType[*isapi.Error](err)
	return ok && e.HTTPStatus != 0 && !e.Retryable() &&
		(errors.Is(e, isapi.ErrNotFound) || errors.Is(e, isapi.ErrUnsupported) || errors.Is(e, isapi.ErrForbidden) || e.Kind() == "device")
}

// presetsKept is how long a list of presets, or the answer that there is no head, is
// taken from memory.
const presetsKept = 5 * time.Minute

// presetBook is what heads said of their presets.
type presetBook struct {
	mu    sync.Mutex
	heads map[head]*presetPage
}

// head is a head of a site: where its device is, and its channel.
type head struct {
	device, place string
	channel       int
}

func headKey(r *device.Ref, channel int) head { return head{r.Name(), r.Place(), channel} }

// presetPage is what one head said. turn is for one who asks it; mu of the book
// guards the others.
type presetPage struct {
	turn *clock.Semaphore
	at   time.Time // zero: nothing
	head bool      // there is one
	list []isapi.Preset
	err  error
}

// page is that of a head.
func (b *presetBook) page(clk clock.Clock, r *device.Ref, channel int) *presetPage {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := headKey(r, channel)
	p := b.heads[key]
	if p == nil {
		if b.heads == nil {
			b.heads = make(map[head]*presetPage)
		}
		p = &presetPage{turn: clock.NewSemaphore(clk, 1)}
		b.heads[key] = p
	}
	return p
}

// name is that of a preset in the list that was asked for last; "": it is not in it.
func (b *presetBook) name(r *device.Ref, channel, id int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.heads[headKey(r, channel)]; p != nil {
		if i := slices.IndexFunc(p.list, func(p isapi.Preset) bool { return p.ID == id }); i >= 0 {
			return p.list[i].Name
		}
	}
	return ""
}

// channelStatus tells of the channels of a device, and which have a head as far as
// that is known.
func (h *Host) channelStatus(r *device.Ref) []ChannelStatus {
	all := []ChannelStatus{}
	for _, c := range channelsOf(r) {
		st := ChannelStatus{ID: c.ID, Name: c.Name}
		if r.HeadWorks(c.ID) {
			st.Head = new(true)
		} else if head, known := h.presets.head(r, c.ID); known {
			st.Head = &head
		}
		all = append(all, st)
	}
	return all
}

// head reports whether a channel was found to have a head.
func (b *presetBook) head(r *device.Ref, channel int) (has, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.heads[headKey(r, channel)]
	if p == nil || p.at.IsZero() {
		return false, false
	}
	return p.head, true
}

// Presets are the presets of a head that RecallPreset goes to: those that are set,
// without the functions of the device and the numbers beyond those it has. A head
// is asked at most every five minutes, as Picture asks: after everything else, and
// not while it is not online.
func (h *Host) Presets(ctx context.Context, name string, channel int) ([]isapi.Preset, error) {
	r, err := h.channelOf(name, channel)
	if err != nil {
		return nil, err
	}
	p := h.presets.page(h.clk, r, channel)
	if err := p.turn.Acquire(ctx); err != nil {
		return nil, err
	}
	defer p.turn.Release()
	if !p.at.IsZero() && h.clk.Now().Sub(p.at) < presetsKept {
		return slices.Clone(p.list), p.err
	}
	var list []isapi.Preset
	head := false
	cmd := luaapi.Command{What: "the list of presets", Channel: channel}
	err = r.Look(byHand(ctx), cmd, func(ctx context.Context, client *isapi.Client) error {
		all, err := client.Presets(ctx, channel)
		if err != nil {
			return err
		}
		most, err := luaapi.MostPresets(ctx, client, channel)
		if err != nil {
			return err
		}
		// A recorder has lists for inputs without a head: empty ones, and no
		// position.
		_, turns := client.LastPose(channel)
		head = turns || len(all) > 0
		list = slices.DeleteFunc(all, func(p isapi.Preset) bool { return p.Special || p.ID > most })
		return nil
	})
	if err == nil || isLacking(err) {
		h.presets.mu.Lock()
		p.at, p.head, p.list, p.err = h.clk.Now(), head, list, err
		h.presets.mu.Unlock()
	}
	return slices.Clone(list), err
}
