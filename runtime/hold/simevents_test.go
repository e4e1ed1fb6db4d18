package hold_test

import (
	"context"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/hold/holdtest"
)

var (
	oneSeed = flag.Uint64("seed", 0, "run this seed of the simulation alone, and tell what happens")
	seeds   = flag.Uint64("seeds", 1000, "how many seeds of the simulation are run")
)

// pause stops the process of a host for a while, and with it its engine.
func (h *simHost) pause(d time.Duration) {
	m := h.process.m
	if m.Dead() {
		return
	}
	h.s.log.Info("paused", "host", h.name, "for", d)
	m.Pause()
	h.s.engine.Cut(h.name)
	h.s.clk.AfterFunc(d, func() {
		h.s.log.Info("goes on", "host", h.name, "dead", m.Dead())
		h.s.engine.Mend(h.name)
		m.Resume()
	})
}

func (h *simHost) cutFromCluster(d time.Duration) {
	h.s.log.Info("cut off from the cluster", "host", h.name, "for", d)
	h.away++
	h.s.engine.Cut(h.name)
	h.s.clk.AfterFunc(d, func() {
		h.away--
		h.s.engine.Mend(h.name)
	})
}

func (h *simHost) cutFromDevice(d time.Duration) {
	h.s.log.Info("cut off from the device", "host", h.name, "for", d)
	h.cut++
	if g := h.process.gate; g != nil {
		g.conn.Cut()
	}
	h.s.clk.AfterFunc(d, func() {
		h.cut--
		if h.cut > 0 {
			return
		}
		for _, p := range append(h.past, h.process) {
			if p.gate != nil {
				p.gate.conn.Mend()
			}
		}
	})
}

// befall has one thing happen.
func (s *sim) befall() {
	h := s.hosts[s.rand.IntN(len(s.hosts))]
	if holder := s.holder(); holder != nil && s.rand.IntN(2) == 0 { // more often the one that counts
		h = holder
	}
	d := s.between(50*time.Millisecond, 4*time.Second)
	if s.rand.IntN(2) == 0 {
		d = s.between(4*time.Second, 25*time.Second)
	}
	if s.usual.Slow > 0 && s.rand.IntN(2) == 0 { // the last that the holder hears is late
		h.cutFromCluster(s.between(9*time.Second, 14*time.Second))
		return
	}
	switch s.rand.IntN(10) {
	case 0:
		h.pause(d)
	case 1:
		h.process.m.Kill()
	case 2:
		h.cutFromCluster(d)
	case 3:
		h.cutFromDevice(d)
	case 4, 5:
		h.cutFromCluster(d)
		h.cutFromDevice(d + s.between(0, 3*time.Second))
	case 6:
		s.log.Info("trouble", "for", d)
		s.engine.SetTrouble(holdtest.Trouble{
			Jitter: max(0, s.between(-600*time.Millisecond, 600*time.Millisecond)),
			Slow:   max(0, s.between(-time.Second, time.Second)),
			Lose:   max(0, s.rand.Float64()*0.8-0.4),
			Late:   max(0, s.rand.Float64()*0.6-0.3),
			LateBy: 10 * time.Second,
			Deaf:   max(0, s.rand.Float64()*2-1),
		})
		s.troubled = true
		s.clk.AfterFunc(d, func() {
			s.engine.SetTrouble(s.usual)
			s.troubled = s.usual != (holdtest.Trouble{})
		})
	case 7:
		to := s.hosts[s.rand.IntN(len(s.hosts))].name
		p := h.process
		p.m.Clock().Go(func() { p.holder.HandOver(context.Background(), to) })
	case 8:
		s.engine.Stall()
	case 9:
		h.process.stop()
	}
}

// look is called twice a second: where a host and a majority of the engine have been well
// for longer than a lease and its grace, some host holds the share.
func (s *sim) look() {
	now := s.clk.Now()
	if holder := s.holder(); holder != nil {
		s.held = now
		if s.usual.Slow > 0 {
			s.usual.SlowTo = holder.name
			s.engine.SetTrouble(s.usual)
		}
	}
	for _, h := range s.hosts {
		m := h.process.m
		if s.troubled || s.engine.Leader() == "" || m.Dead() || m.Paused() || h.process.ended || h.away > 0 {
			h.well = now
		}
		if d := min(now.Sub(h.well), now.Sub(s.held)); d > 10*time.Second {
			s.fault("%s has been well for %s, and no host holds the share", h.name, d)
		}
	}
}

// run has things happen for a while, then nothing, and judges.
func (s *sim) run() {
	const wild, calm = 70 * time.Second, 55 * time.Second
	if s.rand.IntN(3) == 0 {
		s.usual.Slow = 990 * time.Millisecond
		s.engine.SetTrouble(s.usual)
		s.troubled = true
	}
	s.clk.RunFor(time.Second)
	s.held = s.clk.Now()
	for end := s.clk.Now().Add(wild); s.clk.Now().Before(end); {
		for next := s.clk.Now().Add(s.between(0, 6*time.Second)); s.clk.Now().Before(next); {
			s.clk.RunFor(500 * time.Millisecond)
			s.look()
		}
		s.befall()
	}
	s.calm = true
	s.usual = holdtest.Trouble{}
	s.engine.SetTrouble(s.usual)
	s.clk.RunFor(calm)
	holder := s.holder()
	commands := s.device.Commands
	switch {
	case holder == nil:
		s.fault("no host holds the share after a calm of %s", calm)
	case holder.process.holder.Status().State != hold.Held || holder.process.holder.Status().Renewed > 1100*time.Millisecond:
		s.fault("%s does not renew in a calm: %+v", holder.name, holder.process.holder.Status())
	case len(commands) == 0 || s.clk.Now().Sub(commands[len(commands)-1].At) > time.Second:
		s.fault("no command reaches the device in a calm")
	}
	s.faults = append(s.faults, s.device.Stale...)
}

// end has every goroutine end.
func (s *sim) end(t *testing.T) {
	s.over = true
	for _, h := range s.hosts {
		for _, p := range append(h.past, h.process) {
			p.stop()
			if p.m.Dead() {
				p.m.Bury()
			}
		}
	}
	for range 20 {
		s.clk.RunFor(10 * time.Second)
		if s.clk.Live() == 0 {
			return
		}
	}
	t.Errorf("%d goroutines have not ended", s.clk.Live())
}

// simulate runs a seed and gives what must not be.
func simulate(t *testing.T, seed uint64, w without) *sim {
	var log io.Writer
	if *oneSeed > 0 {
		log = os.Stdout
	}
	s := newSim(seed, w, log)
	s.start()
	s.run()
	s.end(t)
	return s
}

func TestNoHeadIsMovedByTwoHosts(t *testing.T) {
	first, last := uint64(1), *seeds
	if *oneSeed > 0 {
		first, last = *oneSeed, *oneSeed
	} else if testing.Short() {
		last = min(last, 20)
	}
	holds, commands, killed := 0, 0, 0
	for seed := first; seed <= last; seed++ {
		s := simulate(t, seed, without{})
		if len(s.faults) > 0 {
			t.Errorf("seed %d:\n%s", seed, strings.Join(s.faults, "\n"))
		}
		holds, commands, killed = holds+s.holds, commands+len(s.device.Commands), killed+s.killed
	}
	t.Logf("%d tenures, %d commands, %d killed by the kernel timer", holds, commands, killed)
	if *oneSeed == 0 && (uint64(holds) < 3*last || uint64(killed) < last/10) {
		t.Errorf("%d tenures, %d times the kernel timer: too little happens", holds, killed)
	}
}

// Each safeguard is there for something that happens.
func TestEachSafeguardIsNeeded(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	for name, w := range map[string]without{
		"kernel timer":                 {kernelTimer: true},
		"reset of connections":         {reset: true},
		"end counts from sending":      {sending: true},
		"one lock for check and write": {lock: true},
		"clocks alike":                 {drift: 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			last := 4 * *seeds // the first is found before the 600th
			for seed := uint64(1); seed <= last; seed++ {
				s := simulate(t, seed, w)
				if len(s.device.Stale) > 0 {
					t.Logf("seed %d: %s", seed, s.device.Stale[0])
					return
				}
			}
			t.Errorf("%d seeds without it, and no command that must not be", last)
		})
	}
}
