package hold_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/hold/holdtest"
)

// without says which of the safeguards a simulation does without.
type without struct {
	kernelTimer bool
	reset       bool    // connections are closed, and linger
	sending     bool    // the end of a lease counts from the answer
	lock        bool    // the gate shuts between check and write
	drift       float64 // of the clocks; 0: 200 ppm
}

// sim is a site of three hosts and one device, and all that can befall them.
type sim struct {
	without  without
	clk      *clock.Virtual
	rand     *rand.Rand
	engine   *holdtest.Engine
	device   *holdtest.Device
	hosts    []*simHost
	log      *slog.Logger
	faults   []string // what must not be
	killed   int      // by the kernel timer
	holds    int
	usual    holdtest.Trouble
	troubled bool // a Trouble is on
	calm     bool
	held     time.Time // when a host held the share
	over     bool
	events   []event // what drivers were told
}

// event is what a driver was told: Hold, Wane, Resume, LetGo, End, ended.
type event struct {
	at   time.Time
	host string
	what string
	term uint64
}

func (p *process) note(what string) {
	s := p.host.s
	s.events = append(s.events, event{s.clk.Now(), p.host.name, what, p.gate.term})
}

// simHost is a machine through all its processes.
type simHost struct {
	s       *sim
	name    string
	rate    float64
	cut     int       // keep it from the device
	away    int       // keep it from the cluster
	well    time.Time // since when
	config  func(*hold.Config)
	restart time.Duration // how long it takes to start anew; 0: some time
	process *process
	past    []*process
}

// process is one life of a host.
type process struct {
	host   *simHost
	m      *holdtest.Machine
	member *holdtest.Member
	holder *hold.Holder
	stop   context.CancelFunc
	ended  bool // in order
	gate   *simGate
	waning bool
	ending bool
	// endTakes is how long End takes; below 0: some time.
	endTakes time.Duration
	boot     func() hold.BootTime
}

func newSim(seed uint64, w without, log io.Writer) *sim {
	clk := clock.NewVirtual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	s := &sim{
		without: w,
		clk:     clk,
		rand:    rand.New(rand.NewPCG(seed, 3)),
		engine:  holdtest.NewEngine(clk, "left", "right", "third"),
		device:  holdtest.NewDevice(clk),
		log:     slog.New(slog.DiscardHandler),
	}
	if log != nil {
		s.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{
			Level: slog.LevelDebug,
			ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.String("at", clk.Now().Format("04:05.000"))
				}
				return a
			},
		}))
	}
	s.engine.Seed(seed)
	drift := w.drift
	if drift == 0 {
		drift = 200e-6
	}
	for _, name := range []string{"left", "right", "third"} {
		s.hosts = append(s.hosts, &simHost{s: s, name: name, rate: 1 + drift*float64(2*s.rand.IntN(2)-1)})
	}
	return s
}

// start begins a process of each host.
func (s *sim) start() {
	for _, h := range s.hosts {
		h.start(time.Duration(s.rand.Int64N(int64(1000 * time.Hour))))
	}
}

func (s *sim) fault(format string, args ...any) {
	s.faults = append(s.faults, s.clk.Now().Format("04:05.000 ")+fmt.Sprintf(format, args...))
}

// start begins a process, up being the time of the boot clock.
func (h *simHost) start(up time.Duration) {
	s := h.s
	m := holdtest.NewMachine(s.clk, h.rate, up)
	p := &process{host: h, m: m, endTakes: -1}
	h.process, h.well = p, s.clk.Now()
	p.member = s.engine.Member(h.name, m.Clock())
	var engine hold.Engine = p.member
	kernel := m.Deadman()
	var deadman hold.Deadman = kernel
	p.boot = m.Boot
	switch {
	case s.without.kernelTimer:
		deadman = idle{}
	case s.without.sending:
		c := &fromAnswer{Engine: engine, boot: m.Boot, deadman: kernel}
		engine, p.boot, deadman = c, c.Boot, c
	}
	config := hold.Config{
		Share: "site", Host: h.name, ID: "id of " + h.name,
		Engine: engine, Driver: p, Clock: m.Clock(), Boot: p.boot, Deadman: deadman,
		Log: s.log.With("host", h.name),
	}
	if h.config != nil {
		h.config(&config)
	}
	p.holder = hold.New(config)
	ctx, stop := clock.WithCancel(context.Background())
	p.stop = stop
	m.OnDeath(func() {
		if kernel.Killed {
			s.killed++
		}
		if p.ended {
			return
		}
		s.log.Info("killed", "host", h.name, "by the kernel timer", kernel.Killed)
		s.engine.Cut(h.name)
		if g := p.gate; g != nil && !s.without.reset {
			g.conn.Reset()
		}
		h.again(p)
	})
	m.Clock().Go(func() {
		p.holder.Run(ctx)
		if !m.Dead() {
			p.ended = true
			s.engine.Cut(h.name)
			h.again(p)
		}
	})
}

// again has systemd start the host anew.
func (h *simHost) again(last *process) {
	h.past = append(h.past, last)
	after := h.s.between(500*time.Millisecond, 3*time.Second)
	switch {
	case h.restart > 0:
		after = h.restart
	case h.s.rand.IntN(2) == 0:
		after = h.s.between(3*time.Second, 20*time.Second)
	}
	h.s.clk.AfterFunc(after, func() {
		if h.s.over {
			return
		}
		h.s.engine.Mend(h.name)
		h.start(time.Duration(last.m.Boot()))
	})
}

func (s *sim) between(least, most time.Duration) time.Duration {
	return least + time.Duration(s.rand.Int64N(int64(most-least)))
}

// simGate is the gate of a term: what Holder's may and the lock of isapi are to the real ones.
type simGate struct {
	p       *process
	term    uint64
	may     func() bool
	conn    *holdtest.Conn
	shut    bool
	writing int
	none    clock.Waiter // nothing is being written, after shut
}

// open reports whether a write would be let in.
func (g *simGate) open() bool { return !g.shut && !g.p.m.Dead() && g.may() }

// write is a command, if the gate is open.
func (g *simGate) write() {
	if g.shut || !g.may() {
		return
	}
	g.writing++
	g.p.betweenCheckAndWrite()
	g.conn.Write(g.term, g.p.host.s.travel())
	g.writing--
	if g.writing == 0 && g.none != nil {
		g.none.Wake()
	}
}

func (g *simGate) close() {
	if g.shut {
		return
	}
	g.shut = true
	if g.writing > 0 && !g.p.host.s.without.lock {
		g.none = g.p.m.Clock().NewWaiter()
		g.none.Wait()
	}
	if g.p.host.s.without.reset {
		g.conn.Close()
	} else {
		g.conn.Reset()
	}
	if g.p.host.s.without.lock {
		// What is written later finds another connection.
		again := g.p.host.s.device.Dial(g.p.host.name)
		g.conn = again
	}
}

const mostTravel = 480 * time.Millisecond

// travel is how long a command is on the wire.
func (s *sim) travel() time.Duration {
	if s.rand.IntN(2) == 0 {
		return s.between(0, mostTravel)
	}
	return time.Millisecond
}

// betweenCheckAndWrite is where a process is stopped, or a goroutine left waiting for a
// processor.
func (p *process) betweenCheckAndWrite() {
	s := p.host.s
	if s.calm {
		return
	}
	switch n := s.rand.IntN(1500); {
	case n < 3:
		clock.Sleep(context.Background(), p.m.Clock(), s.between(0, 3*time.Second))
	case n < 5:
		p.host.pause(s.between(5*time.Second, 20*time.Second))
		clock.Sleep(context.Background(), p.m.Clock(), time.Millisecond)
	}
}

// Hold implements hold.Driver.
func (p *process) Hold(term uint64, may func() bool) {
	s := p.host.s
	s.holds++
	for _, other := range s.hosts {
		if other != p.host && other.process.gate != nil && other.process.gate.open() {
			s.fault("%s holds the share under term %d, and the gate of %s is open under %d", p.host.name, term, other.name, other.process.gate.term)
		}
	}
	if p.gate != nil && !p.gate.shut {
		s.fault("%s holds the share twice", p.host.name)
	}
	g := &simGate{p: p, term: term, may: may, conn: s.device.Dial(p.host.name)}
	if p.host.cut > 0 {
		g.conn.Cut()
	}
	p.gate, p.waning, p.ending = g, false, false
	p.note("Hold")
	p.m.Clock().Go(func() {
		ctx, stop := clock.WithTimeout(p.m.Clock(), context.Background(), time.Second)
		defer stop()
		p.member.StepAside(ctx)
	})
	p.m.Clock().Go(func() {
		for !g.shut {
			if !p.ending { // while it wanes there are stops to be sent
				g.write()
			}
			clock.Sleep(context.Background(), p.m.Clock(), s.between(50*time.Millisecond, 250*time.Millisecond))
		}
	})
}

// Wane implements hold.Driver.
func (p *process) Wane() {
	if p.waning || p.gate.shut {
		p.host.s.fault("%s: Wane out of order", p.host.name)
	}
	p.waning = true
	p.note("Wane")
}

// Resume implements hold.Driver.
func (p *process) Resume() {
	if !p.waning || p.gate.shut {
		p.host.s.fault("%s: Resume out of order", p.host.name)
	}
	p.waning = false
	p.note("Resume")
}

// LetGo implements hold.Driver.
func (p *process) LetGo() {
	p.note("LetGo")
	p.gate.close()
}

// End implements hold.Driver.
func (p *process) End(ctx context.Context) error {
	p.ending = true
	p.note("End")
	takes := p.endTakes
	if takes < 0 {
		takes = p.host.s.between(0, 4*time.Second)
	}
	err := clock.Sleep(ctx, p.m.Clock(), takes)
	p.gate.close()
	if err == nil { // what was written is answered
		err = clock.Sleep(ctx, p.m.Clock(), mostTravel)
	}
	p.note("ended")
	return err
}

// idle is a kernel timer that never goes off.
type idle struct{}

func (idle) Arm(hold.BootTime) error { return nil }

func (idle) Disarm() {}

// fromAnswer has a lease count from the answer to a try: its boot clock stands still
// while one that succeeds is under way.
type fromAnswer struct {
	hold.Engine
	boot    func() hold.BootTime
	deadman hold.Deadman
	stood   time.Duration
}

func (c *fromAnswer) Boot() hold.BootTime { return c.boot().Add(-c.stood) }

func (c *fromAnswer) CAS(ctx context.Context, cell string, after uint64, data []byte) (uint64, error) {
	began := c.boot()
	seq, err := c.Engine.CAS(ctx, cell, after, data)
	if err == nil {
		c.stood += c.boot().Sub(began)
	}
	return seq, err
}

func (c *fromAnswer) Arm(at hold.BootTime) error { return c.deadman.Arm(at.Add(c.stood)) }

func (c *fromAnswer) Disarm() { c.deadman.Disarm() }
