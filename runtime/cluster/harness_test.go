package cluster

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/hold/holdtest"
	"github.com/hiklua/hiklua/runtime/site"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// clusterOf is the head of a site.yaml for the hosts of most tests.
const clusterOf = `timezone: UTC
cluster:
  hosts: {left: 192.0.2.11, right: 192.0.2.12, third: 192.0.2.13}
`

// arena is three hosts with a folder each, the cameras that they share, and all that
// can befall them, in virtual time.
type arena struct {
	t       testing.TB
	clk     *clock.Virtual
	rand    *rand.Rand
	engine  *holdtest.Engine
	cameras map[string]*sim.Device
	boxes   []*box
	lives   []*process // all that there were
	dir     string
	log     *bytes.Buffer
	sent    []sent // what reached the cameras that moves or stops something
	printed []line
	over    bool
	logins  bool                             // refused logins are kept in data/
	dial    func(host, address string) error // nil: no host tries to reach devices
	// headless has each second in which the engine had no leader.
	headless []time.Time
}

// box is a computer through all its processes.
type box struct {
	a       *arena
	name    string
	rate    float64
	dir     string // of its site
	copies  int
	cut     bool            // from the cameras
	lame    bool            // it can put nothing into a cell
	founder bool            // the cluster was made here
	hangs   context.Context // a runtime.Host is not made before that ends; nil: at once
	slow    time.Duration   // a release takes so long to be read
	env     map[string]string
	alias   string // the name in cluster: that it is started with; "": its own
	process *process
}

// process is one life of a host.
type process struct {
	box    *box
	m      *holdtest.Machine
	engine *testEngine
	member *Member
	stop   context.CancelFunc
	ended  bool
	err    error
}

// sent is one command that reached a camera.
type sent struct {
	at     time.Time
	host   string
	term   uint64
	device string
	what   string
}

// line is what a script has printed.
type line struct {
	at     time.Time
	host   string
	script string
	text   string
}

// fastDir is a folder in memory where there is one: the disk of a seed is not what is
// tested.
func fastDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "hiklua-cluster-*")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// notUnderRace ends a test that is long and in virtual time, where one goroutine runs
// at a time.
func notUnderRace(t *testing.T) {
	if raceDetected {
		t.Skip("long, and one goroutine at a time")
	}
}

// newArena makes the hosts, with the same folder each. Nothing runs yet.
func newArena(t testing.TB, yaml string, files map[string]string) *arena {
	t.Helper()
	a := &arena{
		t: t, clk: clock.NewVirtual(noon), rand: rand.New(rand.NewPCG(1, 1)), cameras: make(map[string]*sim.Device),
		dir: fastDir(t), log: new(bytes.Buffer),
	}
	a.engine = holdtest.NewEngine(a.clk, "left", "right", "third")
	a.engine.Refused = func(member, reason string) error { return &AskError{member, reason} }
	for _, name := range []string{"left", "right", "third"} {
		b := &box{a: a, name: name, rate: 1, dir: filepath.Join(a.dir, name), env: make(map[string]string), founder: true}
		b.write("site.yaml", yaml)
		for path, text := range files {
			b.write(path, text)
		}
		a.boxes = append(a.boxes, b)
	}
	return a
}

func (b *box) write(name, text string) {
	b.a.t.Helper()
	path := filepath.Join(b.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.a.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		b.a.t.Fatal(err)
	}
}

func (b *box) read(name string) string {
	b.a.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.dir, filepath.FromSlash(name)))
	if err != nil && !os.IsNotExist(err) {
		b.a.t.Fatal(err)
	}
	return string(data)
}

func (a *arena) box(name string) *box {
	for _, b := range a.boxes {
		if b.name == name {
			return b
		}
	}
	a.t.Fatalf("no host %s", name)
	return nil
}

// camera is the device of a name, which all hosts reach.
func (a *arena) camera(d site.Device) *sim.Device {
	if a.cameras[d.Name] == nil {
		a.cameras[d.Name] = sim.New(sim.Options{
			Name: d.Name, Model: sim.PTZ, Clock: a.clk, Username: d.Username, Password: d.Password.Reveal(),
		})
	}
	return a.cameras[d.Name]
}

// start has a process run on the box, which must have none.
func (b *box) start() {
	a := b.a
	m := holdtest.NewMachine(a.clk, b.rate, time.Hour)
	p := &process{box: b, m: m}
	b.process = p
	a.lives = append(a.lives, p)
	member := a.engine.Member(b.name, m.Clock())
	p.engine = &testEngine{Member: member, a: a, name: b.name, lame: b.lame, asked: make(map[string]int)}
	env := func(name string) (string, bool) { v, ok := b.env[name]; return v, ok }
	load := func(source string) (*site.Site, error) {
		if source != b.dir && b.slow > 0 {
			_ = clock.Sleep(context.Background(), m.Clock(), b.slow)
		}
		return site.LoadFrom(source, b.dir, env)
	}
	s, err := load(b.dir)
	if err != nil {
		a.t.Fatal(err)
	}
	logins := ""
	if a.logins {
		logins = filepath.Join(b.dir, "data")
	}
	p.member = New(Config{
		Founder: b.founder,
		Site:    s, Name: cmp.Or(b.alias, b.name), ID: "id of " + b.name, Session: fmt.Sprint(b.name, " ", a.clk.Now().UnixNano()),
		Engine: p.engine, Boot: m.Boot, Deadman: func() hold.Deadman { return m.Deadman() },
		Clock: m.Clock(), Log: slog.New(a.handler(b.name)), Load: load,
		Group: nobody{},
		Host: runtime.Config{
			Version: "test", Getenv: env, Transport: p.transport,
			Print: func(script, text string) {
				if !p.gone() {
					a.printed = append(a.printed, line{a.clk.Now(), b.name, script, text})
				}
			},
			Quiet: true, Seed: 1, Logins: logins,
		},
	})
	if a.dial != nil {
		p.member.conf.Dial = func(_ context.Context, address string) error { return a.dial(b.name, address) }
	}
	ctx, stop := clock.WithCancel(context.Background())
	p.stop = stop
	m.OnDeath(func() {
		if !p.ended {
			a.note(b.name, "KILLED")
			a.engine.Cut(b.name)
		}
	})
	m.Clock().Go(func() {
		p.err = p.member.Run(ctx)
		p.ended = true
		a.note(b.name, "ENDED")
	})
}

// gone reports whether nothing that the process does counts any more.
func (p *process) gone() bool { return p.m.Dead() || p.box.a.over && p.box.process != p }

// kill ends the process as kill -9 does.
func (b *box) kill() {
	if b.process != nil && !b.process.ended {
		b.process.m.Kill()
	}
}

// restart starts a process where there is none any more. The files of one that was
// killed are still open in this process, which no kernel closes: the next goes on
// with a copy.
func (b *box) restart() {
	p := b.process
	if !p.ended && !p.m.Dead() {
		return
	}
	if p.m.Dead() && !p.ended {
		b.copies++
		next := filepath.Join(b.a.dir, fmt.Sprintf("%s-%d", b.name, b.copies))
		if err := os.CopyFS(next, os.DirFS(b.dir)); err != nil {
			b.a.t.Fatal(err)
		}
		b.dir = next
		b.a.engine.Mend(b.name)
	}
	b.start()
}

// startAll starts a process on each box.
func (a *arena) startAll() {
	for _, b := range a.boxes {
		b.start()
	}
	a.t.Cleanup(a.end)
}

// run lets time pass. A host that does things without end while no time goes by is
// told of, rather than waited for.
func (a *arena) run(d time.Duration) {
	a.t.Helper()
	steps := 0 // in thousands, since a second went by
	var timer clock.Timer
	var second func()
	second = func() {
		steps = 0
		if a.engine.Leader() == "" {
			a.headless = append(a.headless, a.clk.Now())
		}
		timer = a.clk.AfterFunc(time.Second, second)
	}
	second()
	defer func() { timer.Stop() }()
	a.clk.RunUnless(a.clk.Now().Add(d), func() bool {
		steps++
		return steps > 1000
	})
	if steps > 1000 {
		a.t.Fatalf("no time goes by any more\n%s", a.log)
	}
}

// end ends everything, and says what is left behind.
func (a *arena) end() {
	if a.over {
		return
	}
	a.over = true
	for _, p := range a.lives {
		p.stop()
		if p.m.Paused() {
			p.m.Resume()
		}
	}
	a.run(time.Minute)
	for _, p := range a.lives {
		if p.m.Dead() {
			p.m.Bury()
		}
	}
	a.run(2 * time.Minute)
	for _, p := range a.lives {
		if !p.ended {
			a.t.Errorf("%s did not end", p.box.name)
		}
	}
	if live := a.clk.Live(); live != 0 {
		a.t.Errorf("%d goroutines are left behind", live)
	}
}

// note writes to the log.
func (a *arena) note(host, text string) {
	fmt.Fprintf(a.log, "%s %s %s\n", a.clk.Now().Format("04:05.000"), host, text)
}

// handler logs for a host, without what is older than the end.
func (a *arena) handler(host string) slog.Handler {
	return slog.NewTextHandler(a.log, &slog.HandlerOptions{
		Level: slog.LevelInfo,
		ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
			if attr.Key == slog.TimeKey {
				return slog.String("at", a.clk.Now().Format("04:05.000")+" "+host)
			}
			return attr
		},
	})
}

// nobody is a Group that no one asks.
type nobody struct{}

func (nobody) Set(string, *runtime.Host)    {}
func (nobody) Remove(string, *runtime.Host) {}
