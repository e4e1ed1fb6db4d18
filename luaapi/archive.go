package luaapi

import (
	"context"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// maxListed bounds what one call of hik.archive.list gives.
const maxListed = 10_000

// defaultListed is how many it gives without limit.
const defaultListed = 1000

var archiveEntries = []entry{
	{
		name: "list", args: "{device=, channel=, label=, from=, till=, limit=}", result: "list of pictures",
		options: listOptions,
		doc:     "the pictures in the site's archive, the oldest first",
		fn:      listArchive,
	},
	{
		name: "prune", args: "{dry_run=}", result: "{pictures, bytes, left}",
		options: pruneOptions,
		doc:     "removes what keep, thinning, labels, max_size and min_free of site.yaml let go, as the host does by itself",
		fn:      pruneArchive,
	},
}

var listOptions = []Option{
	{Name: "device", Type: "string", Doc: "of this device only, as site.yaml names it"},
	{Name: "channel", Type: "channel", Doc: "of this channel only: its number, or its name; together with device"},
	{Name: "label", Type: "string", Doc: "with this label only"},
	{Name: "from", Type: "time", Doc: "taken then or later: a time as hik.now() has it, \"2026-03-28 06:00\", or so long ago: \"2h\""},
	{Name: "till", Type: "time", Doc: "taken before that time"},
	{Name: "limit", Type: "integer", Min: 1, Max: maxListed, Doc: "so many at most, the newest of them; default 1000"},
}

var pruneOptions = []Option{{Name: "dry_run", Type: "boolean", Doc: "remove nothing, tell what would go"}}

func listArchive(c *call) int {
	o := c.options(0, listOptions)
	c.atMost(1)
	q := ArchiveQuery{
		Device: o.text("device"), Label: o.text("label"), From: o.moment("from"), Till: o.moment("till"), Limit: defaultListed,
	}
	if o.given("limit") {
		q.Limit = o.int("limit")
	}
	if v := o.values["channel"]; v != nil {
		if q.Device == "" {
			c.misuse("channel goes together with device")
		}
		c.archiveChannel(v, &q)
	}
	var pictures []ArchivedPicture
	c.wait(func(ctx context.Context) (err error) {
		pictures, err = c.m.script.ListArchive(ctx, q)
		return err
	})
	if len(pictures) == 0 && q.Device != "" {
		// A device that was taken out of site.yaml may have pictures; one that
		// has none is a slip of the pen.
		if _, err := c.m.script.Device(q.Device); err != nil {
			c.raise(err)
		}
	}
	list := c.L.CreateTable(len(pictures), 0)
	for i := range pictures {
		list.Append(pictureTable(c.L, &pictures[i]))
	}
	c.L.Push(list)
	return 1
}

// archiveChannel reads the channel of a query. A name that site.yaml does not
// have is one that it may have had.
func (c *call) archiveChannel(v lua.LValue, q *ArchiveQuery) {
	dev, err := c.m.script.Device(q.Device)
	if err == nil {
		c.dev = dev
		if ref := c.channelRef(v); ref.id != 0 {
			q.Channel = ref.id
			return
		}
	}
	if f, ok := toNumber(v); ok {
		q.Channel = c.wholeNumber(lua.LNumber(f), "channel", 1, maxChannel)
		return
	}
	name, ok := v.(lua.LString)
	if !ok {
		c.wrong("channel", "a number or a name", v)
	}
	q.Name = string(name)
}

// pictureTable is a picture of the archive as scripts have it.
func pictureTable(L *lua.LState, p *ArchivedPicture) *lua.LTable {
	t := L.CreateTable(0, 12)
	t.RawSetString("path", lua.LString(p.Path))
	t.RawSetString("device", lua.LString(p.Device))
	t.RawSetString("channel", lua.LNumber(p.Channel))
	t.RawSetString("time", seconds(p.Taken))
	t.RawSetString("size", lua.LNumber(p.Size))
	t.RawSetString("sha256", lua.LString(p.SHA256))
	setText(t, "name", p.Name)
	setText(t, "label", p.Label)
	setText(t, "event", p.Event)
	setNumber(t, "width", p.Width)
	setNumber(t, "height", p.Height)
	if !p.DeviceTime.IsZero() {
		t.RawSetString("device_time", seconds(p.DeviceTime))
	}
	if p.Head != nil {
		head := L.CreateTable(0, 4)
		head.RawSetString("pan", lua.LNumber(p.Head.Pan))
		head.RawSetString("tilt", lua.LNumber(p.Head.Tilt))
		head.RawSetString("zoom", lua.LNumber(p.Head.Zoom))
		setText(head, "preset", p.Head.Preset)
		t.RawSetString("head", head)
	}
	return t
}

func pruneArchive(c *call) int {
	o := c.options(0, pruneOptions)
	c.atMost(1)
	var got ArchivePruned
	c.wait(func(ctx context.Context) (err error) {
		got, err = c.m.script.PruneArchive(ctx, o.bool("dry_run", false))
		return err
	})
	t := c.L.CreateTable(0, 3)
	t.RawSetString("pictures", lua.LNumber(got.Pictures))
	t.RawSetString("bytes", lua.LNumber(got.Bytes))
	t.RawSetString("left", lua.LNumber(got.Left))
	c.L.Push(t)
	return 1
}

// Archive is what a script may ask of the site's archive of pictures. It is part
// of Script. Its methods are called inside Task.Wait.
type Archive interface {
	// ListArchive gives the pictures that q chooses, the oldest first; of more
	// than q.Limit the newest.
	ListArchive(ctx context.Context, q ArchiveQuery) ([]ArchivedPicture, error)
	// PruneArchive removes what has had its time, or says what would go.
	PruneArchive(ctx context.Context, dryRun bool) (ArchivePruned, error)
}

// ArchiveQuery chooses pictures of the archive. A zero field chooses all.
type ArchiveQuery struct {
	Device  string
	Channel int
	Name    string // of the channel, if it has no number
	Label   string
	From    time.Time // the first moment
	Till    time.Time // the moment after the last
	Limit   int
}

// ArchivedPicture is a picture of the archive.
type ArchivedPicture struct {
	Path          string // as hik.file.read takes it, if the archive is in the data folder
	Device        string
	Channel       int
	Name          string // of the channel; "": it had none
	Label         string // "": none
	Event         string // type of the event for which it was taken; "": none
	Taken         time.Time
	DeviceTime    time.Time     // by the device's clock; zero: it did not say
	Head          *ArchivedHead // nil: not known
	Size          int64         // bytes
	Width, Height int           // pixels; 0: not known
	SHA256        string        // in hexadecimal
}

// ArchivedHead is where a head looked.
type ArchivedHead struct {
	Pan, Tilt, Zoom float64 // degrees, degrees, factor
	Preset          string  // "": none
}

// ArchivePruned is what prune removed, or would.
type ArchivePruned struct {
	Pictures int64
	Bytes    int64
	Left     int64 // that had to stay: changed since they were archived
}
