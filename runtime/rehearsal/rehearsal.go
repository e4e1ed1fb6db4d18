package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// closing is how long the host gets to end after the span, in virtual time.
const closing = time.Minute

// Options say what is rehearsed.
type Options struct {
	Site    *site.Site
	From    time.Time
	For     time.Duration // the span is half open: From+For is not part of it
	State   string        // the state file of the site, which is only read; "": hik.state begins empty
	Data    string        // the folder of the site's files, of which scripts have a copy; "": it begins empty
	Seed    uint64
	Version string
	Getenv  func(string) (string, bool)
	// Device gives the way to a simulated device.
	Device func(site.Device, clock.Clock) http.RoundTripper
	// Preset, if it is not nil, is the name of a preset of a simulated device.
	Preset func(device string, channel int, id string) string
	// PictureSize is about how many bytes a real picture of a channel has, of its sub
	// stream or of the main one; nil: nothing is known.
	PictureSize func(device string, channel int, sub bool) int64
	// Begin, if it is not nil, is called before the host begins: it may set the
	// clock for what happens in the span.
	Begin func(*runtime.Host, clock.Clock) error
	// Interrupted, if it is not nil, is asked now and then, from several goroutines: true
	// ends the rehearsal.
	Interrupted func() bool
	// Scratch is where a folder is made for as long as the rehearsal lasts; "":
	// where the machine has its temporary files.
	Scratch string
}

// Result is what a rehearsal has shown.
type Result struct {
	Timeline timeline.Timeline
	Status   runtime.Status // of the host at the end of the span, before it stops
}

// Run rehearses. Nothing leaves the machine, and nothing of the site is touched.
func Run(o Options) (*Result, error) {
	if o.For <= 0 {
		return nil, fmt.Errorf("a span of %s: it must be longer than 0", clock.FormatDuration(o.For))
	}
	dir, err := os.MkdirTemp(o.Scratch, "hiklua-rehearsal-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"data", "archive"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			return nil, err
		}
	}
	r := &rehearsal{o: o, clk: clock.NewVirtual(o.From.In(o.Site.Timezone)), dir: dir}
	return r.run()
}

// rehearsal is one that is under way. The clock runs one goroutine at a time.
type rehearsal struct {
	o        Options
	clk      *clock.Virtual
	dir      string // the scratch folder
	host     *runtime.Host
	timeline *timeline.Builder
	finder   *finder
	over     bool // the span is
}

func (r *rehearsal) run() (*Result, error) {
	o := r.o
	to := o.From.Add(o.For)
	head := timeline.Timeline{
		Site: filepath.Base(runtime.FullPath(o.Site.Dir)), From: r.clk.Now(), To: to.In(o.Site.Timezone), Zone: o.Site.Timezone,
		Seed: o.Seed, Version: o.Version,
	}
	if at := o.Site.Location; at != nil {
		head.Place = &timeline.Place{Latitude: at.Lat, Longitude: at.Lon}
	}
	r.timeline = timeline.NewBuilder(timeline.Options{Timeline: head, Channel: o.Site.ChannelName, Preset: o.Preset, PictureSize: o.PictureSize, Explain: explain})
	r.finder = newFinder(o)
	leftOut, err := r.copyData(filepath.Join(r.dir, "data"))
	if err != nil {
		return nil, err
	}
	if leftOut {
		r.finder.tellLeftOut()
	}
	if r.host, err = runtime.New(r.config()); err != nil {
		return nil, err
	}
	if o.Begin != nil {
		if err := o.Begin(r.host, r.clk); err != nil {
			r.clk.Do(func() { err = errors.Join(err, r.host.Close()) })
			return nil, err
		}
	}
	ctx, stop := clock.WithCancel(context.Background())
	defer stop()
	ended := false
	var closed error
	r.clk.Go(func() {
		closed = r.host.Run(ctx, nil)
		ended = true
	})
	if err := r.play(to.Add(-1)); err != nil {
		return nil, err
	}
	r.over = true
	result := &Result{Timeline: r.timeline.Timeline(), Status: r.host.Status()}
	result.Timeline.Findings = r.finder.end(r.host.JobPlans(), r.host.RunningTasks())
	stop()
	r.clk.RunFor(closing)
	if !ended {
		return nil, errors.New("the host did not end after the span")
	}
	return result, closed
}

// ErrInterrupted says that a rehearsal was ended before its span was over.
var ErrInterrupted = errors.New("interrupted")

// slice is how much virtual time goes by between two looks at Interrupted.
const slice = time.Minute

// play lets time go on to the end of the span.
func (r *rehearsal) play(end time.Time) error {
	interrupted := func() bool { return r.o.Interrupted != nil && r.o.Interrupted() }
	for r.clk.Now().Before(end) {
		next := r.clk.Now().Add(slice)
		if next.After(end) {
			next = end
		}
		r.clk.RunUnless(next, interrupted)
		if interrupted() {
			return ErrInterrupted
		}
		r.finder.forget(r.host.RunningTasks)
		if r.finder.loaded == nil {
			r.finder.loaded = r.host.JobPlans()
		}
	}
	return nil
}

// config is the host's: the site as it is, but for what would leave the scratch
// folder.
func (r *rehearsal) config() runtime.Config {
	o := r.o
	aside := *o.Site
	conf := runtime.Config{
		Site: &aside, Clock: r.clk, Log: r.log(), Version: o.Version, Getenv: o.Getenv, Seed: o.Seed,
		Data: filepath.Join(r.dir, "data"), ArchiveDir: filepath.Join(r.dir, "archive"), Scratch: true, DueAtStart: true, State: o.State,
		Transport: func(d site.Device) (http.RoundTripper, error) { return o.Device(d, r.clk), nil },
		Steps:     runtime.StepsOf(o.Site.Limits.Compute),
		HTTP:      runtime.NoNetwork{Note: r.noteRequest}, Quiet: true,
		Record: r.record, Interrupted: o.Interrupted,
		Print: r.print,
	}
	if a := aside.Archive; a != nil {
		own := *a
		// Simulated pictures are small, and the disk is this machine's.
		own.MaxSize, own.MinFree = 0, 0
		aside.Archive = &own
	}
	return conf
}

func (r *rehearsal) record(e journal.Entry) {
	if r.over {
		return
	}
	r.timeline.Entry(e)
	r.finder.entry(e)
}

func (r *rehearsal) print(script, text string) {
	if !r.over {
		r.timeline.Print(r.clk.Now(), script, text)
		r.finder.said(r.clk.Now(), script)
	}
}

// explain tells an error in the words of the log.
func explain(err error) timeline.Problem {
	p := runtime.Report(err)
	return timeline.Problem{Kind: p.Kind, Message: p.Message, File: p.File, Line: p.Line}
}
