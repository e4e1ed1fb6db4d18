package runtime

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

var (
	soakFor  = flag.Duration("soak", 0, "how long the soak test runs in virtual time; 0: a short one")
	soakSeed = flag.Uint64("soakseed", 0, "the seed of the soak test; 0: 1 and on")
	soakRuns = flag.Int("soakruns", 1, "how many seeds the soak test runs")
)

// A site of 20 devices with faults thrown at random keeps the eight invariants
// at every step, by the devices' own journals. A seed that fails reproduces.
func TestSoak(t *testing.T) {
	length := *soakFor
	switch {
	case length > 0:
	case raceEnabled:
		length = 3 * time.Hour
	default:
		length = 30 * time.Hour
	}
	first := max(*soakSeed, 1)
	for seed := first; seed < first+uint64(*soakRuns); seed++ {
		memory, goroutines := level()
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { soak(t, seed, length) })
		if m, g := level(); g > goroutines || m > memory+soakMemory {
			t.Errorf("seed %d: %d goroutines, were %d; %d kB of memory, were %d", seed, g, goroutines, m>>10, memory>>10)
		}
	}
}

// soakMemory is what may differ from one look at the heap to the next.
const soakMemory = 8 << 20

// level is what is in use once the garbage is gone.
func level() (memory uint64, goroutines int) {
	goruntime.GC()
	goruntime.GC()
	return sandbox.Heap(), goruntime.NumGoroutine()
}

// soaker throws faults at a site and watches what must hold.
type soaker struct {
	*world
	rand  *rand.Rand
	names []string

	disturbed map[string]time.Time // until when a device is excused
	passwords map[string]int64     // how often a device's password turned wrong
	versions  map[string]int       // of the good source of each script
	daily     map[string]int       // runs by date
	beats     map[string]time.Time // the last beat of each script
	jumped    bool                 // the clock was set in this step
}

const (
	soakMarker  = "marker-password-27182"
	soakAddress = "192.0.2.50"
)

func soak(t *testing.T, seed uint64, length time.Duration) {
	var yaml strings.Builder
	yaml.WriteString("timezone: Europe/Berlin\ndevices:\n")
	s := &soaker{
		rand:      rand.New(rand.NewPCG(seed, 1)),
		disturbed: make(map[string]time.Time), passwords: make(map[string]int64),
		versions: make(map[string]int), daily: make(map[string]int), beats: make(map[string]time.Time),
	}
	for i := range 20 {
		model := "ptz"
		switch {
		case i%5 == 3:
			model = "ipc"
		case i%5 == 4:
			model = "nvr"
		}
		name := fmt.Sprintf("%s%02d", model, i)
		s.names = append(s.names, name)
		fmt.Fprintf(&yaml, "  %s: {simulate: %s, username: op, password: %s, status_interval: 5m, timeout: 5s}\n", name, model, soakMarker)
	}
	// One more that scripts also open by hik.device{...}: another name for it.
	s.names = append(s.names, "both")
	fmt.Fprintf(&yaml, "  both: {ip: %s, username: op, password: %s, status_interval: 5m, timeout: 5s}\n", soakAddress, soakMarker)
	files := make(map[string]string)
	for i := range 10 {
		files[fmt.Sprintf("scripts/s%d.lua", i)] = s.source(i)
	}
	s.world = newWorld(t, yaml.String(), files, func(o *sim.Options) {
		// Drawing pictures would be most of the work.
		for id := 1; id <= 4 && o.Model == sim.NVR; id++ {
			o.Channels = append(o.Channels, sim.ChannelOptions{ID: id, MainWidth: 64, MainHeight: 36, SubWidth: 64, SubHeight: 36})
		}
	})
	s.via[soakAddress] = func(r *http.Request, _ http.RoundTripper) (*http.Response, error) {
		if via := s.via["both"]; via != nil {
			return via(r, s.devices["both"].Transport())
		}
		return s.devices["both"].Transport().RoundTrip(r)
	}
	s.world.began = time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC) // the night before clocks change
	s.clk.Jump(s.began.Sub(s.clk.Now()))
	s.start()
	end := s.began.Add(length)
	for s.clk.Now().Before(end) && !t.Failed() {
		s.disturb()
		s.run(time.Duration(1+s.rand.IntN(20)) * time.Minute)
		s.check()
	}
	for _, name := range s.names {
		s.devices[name].SetFaults()
		delete(s.via, name)
	}
	s.end()
	if s.err != nil {
		t.Errorf("seed %d: %v", seed, s.err)
	}
	if live := s.clk.Live(); live != 0 {
		t.Errorf("seed %d: %d goroutines are left", seed, live)
	}
}

// source is script i of the site: a version that works.
func (s *soaker) source(i int) string {
	s.versions[fmt.Sprintf("s%d", i)]++
	return fmt.Sprintf(`
		local i, version = %d, %d
		local heads, recorders = {}, {}
		for _, d in ipairs(hik.devices()) do
			if d.name:sub(1, 3) == "ptz" then heads[#heads + 1] = d end
			if d.name:sub(1, 3) == "nvr" then recorders[#recorders + 1] = d end
		end
		local head = heads[i %% #heads + 1]
		local recorder = recorders[i %% #recorders + 1]
		hik.every(60, {name = "beat"}, function(job) print("beat", i, version, job.late) end)
		hik.at("02:30", {name = "daily", catch_up = "3h"}, function() if i == 0 then print("daily", hik.date("%%Y-%%m-%%d")) end end)
		hik.every("10m", {name = "tour", timeout = "8m"}, function()
			for p = 1, 4 do
				head:preset(p)
				hik.sleep(20)
				head:ptz_pan_tilt(10 * p, -5, {duration = 3 + i})
			end
		end)
		hik.every("7m", {name = "loose"}, function()
			head:ptz_pan_tilt(20, 5)
			hik.sleep(i * 7)
			if i %% 3 == 0 then error("loose end") end
		end)
		local opened = hik.device{ip = %q, username = "op", password = %q}
		hik.every("9m", {name = "opened"}, function()
			opened:exclusive({timeout = 60}, function()
				opened:ptz_pan_tilt(15, 5)
				hik.timeout(20, function() opened:preset(i) end)
				opened:ptz_pan_tilt(-15, 5)
				hik.sleep(i * 5)
			end)
		end)
		hik.every("15m", {name = "archive"}, function()
			hik.parallel({1, 2}, function(ch)
				recorder:snapshot(ch, {width = 64, height = 36}):save("archive/" .. i .. "/" .. ch .. ".jpg")
			end)
		end)
		hik.every("30m", {name = "forbidden"}, function()
			for _, p in ipairs{33, 46, 90, 94, 105} do
				local ok = pcall(head.preset, head, p)
				if ok then print("special preset went out") end
			end
		end)`, i, s.versions[fmt.Sprintf("s%d", i)], soakAddress, soakMarker)
}

// disturb does one thing that happens on sites.
func (s *soaker) disturb() {
	name := s.names[s.rand.IntN(len(s.names))]
	d := s.devices[name]
	script := s.rand.IntN(10)
	path := fmt.Sprintf("scripts/s%d.lua", script)
	length := time.Duration(1+s.rand.IntN(600)) * time.Second
	fault := func(kind, value string) {
		d.SetFaults(sim.Fault{Name: kind, Value: value, To: length})
		s.excuse(name, length)
	}
	switch s.rand.IntN(15) {
	case 0:
		fault("offline", "")
	case 1:
		fault("slow", "7s")
	case 2:
		fault("reset", "")
	case 3:
		fault("cut", "")
	case 4:
		fault("html", "")
	case 5:
		fault("busy", "")
	case 6:
		fault("locked", "10m")
		s.passwords[name]++ // the login that tells us
		s.excuse(name, length+11*time.Minute)
	case 7:
		d.SetPassword("op", "changed by somebody")
		s.passwords[name]++
		s.excuse(name, time.Minute)
		s.run(30 * time.Minute)
		d.SetPassword("op", soakMarker)
		for _, dev := range s.host.Devices() {
			if dev.Name() == name {
				dev.Retry()
			}
		}
		s.excuse(name, time.Minute)
	case 8:
		s.write(path, s.source(script))
		s.sync()
	case 9:
		s.write(path, "hik.every(60, function( -- broken "+fmt.Sprint(s.rand.Uint64()))
		s.sync()
	case 10:
		jump := time.Duration(s.rand.IntN(7200)-3600) * time.Second
		s.jumped = true
		s.clk.Jump(jump)
		s.excuse(name, time.Minute)
		for name := range s.beats {
			s.beats[name] = s.clk.Now()
		}
	case 12:
		// The device refuses to stop its heads, which is no excuse: they count
		// as moving.
		until, code := s.clk.Now().Add(length), []int{403, 404, 500, 501, 503}[s.rand.IntN(5)]
		s.via[name] = func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
			if s.clk.Now().Before(until) && isStop(r) && r.Header.Get("Authorization") != "" {
				return &http.Response{StatusCode: code, Header: http.Header{}, Body: http.NoBody, Request: r, ProtoMajor: 1}, nil
			}
			return device.RoundTrip(r)
		}
	case 13:
		// A version whose load takes long, and is overtaken at times.
		s.write(path, fmt.Sprintf("hik.sleep(%d)\n", 1+s.rand.IntN(28))+s.source(script))
		s.sync()
	case 14:
		// A device leaves site.yaml while it is at work, and comes back.
		all, _ := os.ReadFile(filepath.Join(s.dir, "site.yaml"))
		var rest []string
		for _, line := range strings.SplitAfter(string(all), "\n") {
			if !strings.HasPrefix(line, "  "+name+":") {
				rest = append(rest, line)
			}
		}
		s.excuse(name, length)
		s.write("site.yaml", strings.Join(rest, ""))
		s.sync()
		s.run(length)
		s.write("site.yaml", string(all))
		s.sync()
	case 11:
		// The disk of the archive is gone for a while.
		dir := filepath.Join(s.dir, "data")
		if os.Rename(dir, dir+".away") == nil {
			os.WriteFile(dir, nil, 0o600)
			s.run(20 * time.Minute)
			os.Remove(dir)
			os.Rename(dir+".away", dir)
		}
	}
}

// excuse says that a device may be out of order for some time.
func (s *soaker) excuse(name string, d time.Duration) {
	until := s.clk.Now().Add(d + 40*time.Second)
	if s.disturbed[name].Before(until) {
		s.disturbed[name] = until
	}
}

// check looks at the eight invariants.
func (s *soaker) check() {
	s.t.Helper()
	now := s.clk.Now()
	if n := len(s.host.devices.All()); n > len(s.names)+3 {
		s.t.Errorf("%d devices are kept", n)
	}
	for _, d := range s.host.Devices() {
		dev := s.devices[d.Name()]
		excused := now.Before(s.disturbed[d.Name()])
		// 1: what moves has somebody who will stop it.
		if dev.Driven(1) && d.AtRest() && !excused {
			s.t.Errorf("invariant 1: %s moves and nobody will stop it\n%s", d.Name(), strings.Join(last(s.sent(d.Name()), 8), "\n"))
		}
		// 2: no account is locked by us.
		c := dev.Counts()
		if c.Lockouts > 0 || c.RejectedLogins > 2*s.passwords[d.Name()] {
			s.t.Errorf("invariant 2: %s saw %d rejected logins after %d locks and changes of its password, %d lock-outs",
				d.Name(), c.RejectedLogins, s.passwords[d.Name()], c.Lockouts)
		}
		// 8: nothing that is no preset was recalled.
		for _, e := range dev.Journal() {
			var n int
			if _, err := fmt.Sscanf(e.What, "goto %d", &n); err == nil && (n > 32 && n < 47 || n == 90 || n > 91 && n < 106) {
				s.t.Errorf("invariant 8: %s was sent %s", d.Name(), e.What)
			}
		}
	}
	s.checkFiles()
	s.checkPrints()
	// 6: the password appears nowhere.
	if strings.Contains(s.log.String(), soakMarker) || strings.Contains(fmt.Sprintf("%v %+v", s.records, s.host.Devices()), soakMarker) {
		s.t.Error("invariant 6: the password is shown")
	}
	s.log.Reset()
	s.records = s.records[:0]
}

// checkFiles is invariant 3: snapshots are whole or absent.
func (s *soaker) checkFiles() {
	filepath.WalkDir(filepath.Join(s.dir, "data", "archive"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(data, []byte{0xff, 0xd8}) || !bytes.HasSuffix(data, []byte{0xff, 0xd9}) {
			s.t.Errorf("invariant 3: %s is not whole (%d bytes)", path, len(data))
		}
		return nil
	})
}

// checkPrints is invariants 4, 5 and 7: scripts go on at their times.
func (s *soaker) checkPrints() {
	now := s.clk.Now()
	for _, line := range s.printed {
		f := strings.Split(line, "\t")
		switch f[0] {
		case "beat":
			s.beats["s"+f[1]] = now
			got, err := strconv.Atoi(f[2])
			if want := s.versions["s"+f[1]]; err != nil || got > want {
				s.t.Errorf("invariant 4: version %d of s%s runs, the last good one is %d", got, f[1], want)
			}
			var late float64
			if fmt.Sscan(f[3], &late); late > 1 && !s.jumped {
				s.t.Errorf("invariant 5: a beat of s%s was %v s late", f[1], late)
			}
		case "daily":
			s.daily[f[1]]++
		default:
			s.t.Error(line)
		}
	}
	s.printed = s.printed[:0]
	for i := range 10 {
		name := fmt.Sprintf("s%d", i)
		if last, ok := s.beats[name]; ok && now.Sub(last) > 90*time.Minute {
			s.t.Errorf("invariant 4: %s has not run since %v", name, last)
		}
	}
	// The clock is set by an hour at most, and the job makes up for three.
	zone := s.host.site().Timezone
	for day := s.began.In(zone).AddDate(0, 0, 1); ; day = day.AddDate(0, 0, 1) {
		if now.Before(time.Date(day.Year(), day.Month(), day.Day(), 6, 0, 0, 0, zone)) {
			break
		}
		if date := day.Format(time.DateOnly); s.daily[date] != 1 {
			s.t.Errorf("invariant 7: the job of 02:30 ran %d times on %s", s.daily[date], date)
		}
	}
	for date, n := range s.daily {
		if n > 1 {
			s.t.Errorf("invariant 7: the job of 02:30 ran %d times on %s", n, date)
		}
	}
	s.jumped = false
}

func last(list []string, n int) []string { return slices.Clone(list[max(0, len(list)-n):]) }
