package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/recorded"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// onPort puts a simulated device on a port of this machine and returns its block
// in site.yaml.
func onPort(t *testing.T, d *sim.Device) string {
	t.Helper()
	server, err := sim.Listen("127.0.0.1:0", d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return deviceAt(server.Addr(), "admin", "simulated")
}

func deviceAt(addr, user, password string) string {
	host, port, _ := net.SplitHostPort(addr)
	return fmt.Sprintf("{ip: %s, port: %s, username: %s, password: %s, timeout: 5s}", host, port, user, password)
}

// byHand types a command by the real clock and returns what it says.
func byHand(t *testing.T, args ...string) (out, err string, status int) {
	t.Helper()
	s := newSession(t)
	s.clk = clock.Real()
	status = s.run(context.Background(), args...)
	return s.out.String(), s.err.String(), status
}

// variety are devices of each model, and such as tell little or much.
var variety = map[string]sim.Options{
	"camera":   {Model: sim.IPC},
	"dome":     {Model: sim.PTZ},
	"recorder": {Model: sim.NVR},
	"hybrid":   {Model: sim.DVR},
	"empty":    {Model: sim.NVR, Channels: []sim.ChannelOptions{}},
	"by-stream": {Model: sim.PTZ, PTZID: sim.PTZByStream, Channels: []sim.ChannelOptions{{Name: "Hof: \"Süd\"", PTZ: true, Gear: sim.Gear{
		Pan: isapi.Range{Max: 350}, Tilt: isapi.Range{Min: -90, Max: 20}, Zoom: isapi.Range{Min: 1, Max: 40.5}, MaxPresets: 256, Specials: map[int]string{},
		Presets: []sim.Preset{{ID: 200, Name: "Tür"}, {ID: 2, Name: "3", Pose: sim.Pose{Pan: 349.9, Tilt: -89.9, Zoom: 40.5}}, {ID: 45, Name: ""}},
	}}}},
	"two sensors": {Model: sim.PTZ, Channels: []sim.ChannelOptions{{Name: "wide"}, {Name: "tele", PTZ: true, Gear: sim.Gear{Presets: []sim.Preset{}}}}},
	"blind":       {Model: sim.PTZ, Channels: []sim.ChannelOptions{{PTZ: true, Gear: sim.Gear{NoPosition: true, Specials: map[int]string{7: "Wischer"}}}}},
	"mixed": {Model: sim.DVR, Channels: []sim.ChannelOptions{
		{Analog: true, Name: "till"}, {Analog: true, Offline: true}, {Name: "yard", PTZ: true}, {Name: "far", Offline: true}, {Name: "off", Analog: false},
	}},
}

// TestSaveAgain: what is saved of a device is saved again of the simulated one
// that takes its place, to the byte, but for model and firmware.
func TestSaveAgain(t *testing.T) {
	dir, again := t.TempDir(), t.TempDir()
	text := "devices:\n"
	for name, o := range variety {
		text += fmt.Sprintf("  %s: %s\n", name, onPort(t, sim.New(o)))
	}
	write(t, dir, map[string]string{"site.yaml": text})
	out, errs, status := byHand(t, "devices", "--save", dir)
	if status != 0 || !strings.Contains(out, "wrote "+filepath.Join(dir, "devices.yaml")) {
		t.Fatal(status, out, errs)
	}
	wants(t, oneLine(out), "dome ptz, 8 presets", "mixed dvr, 5 channels, 1 head, 8 presets", "two sensors ptz, 2 channels, no presets", "empty nvr, no channels", "camera ipc")
	first := read(t, filepath.Join(dir, "devices.yaml"))
	for _, secret := range []string{"simulated", "127.0.0.1", "admin", "AAWR"} {
		if strings.Contains(first, secret) {
			t.Errorf("%q is in the file:\n%s", secret, first)
		}
	}

	// A second time there is no difference.
	out, errs, status = byHand(t, "devices", "--save", dir)
	if status != 0 || !strings.Contains(out, "devices.yaml stays as it is") {
		t.Error(status, out, errs)
	}
	if diff := cmp.Diff(first, read(t, filepath.Join(dir, "devices.yaml"))); diff != "" {
		t.Error(diff)
	}

	// Once more, of the devices that --simulate makes of it.
	a := newSession(t).app
	s, err := a.loadSite(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	text = "devices:\n"
	for _, d := range s.Devices {
		o := simOptions(d, clock.Real())
		o.Username, o.Password = "", ""
		text += fmt.Sprintf("  %s: %s\n", d.Name, onPort(t, sim.New(o)))
	}
	write(t, again, map[string]string{"site.yaml": text})
	if out, errs, status := byHand(t, "devices", "--save", again); status != 0 {
		t.Fatal(out, errs)
	}
	plain := func(text string) string {
		return regexp.MustCompile(`(?m)^    (model|firmware): .*\n`).ReplaceAllString(text, "")
	}
	if diff := cmp.Diff(plain(first), plain(read(t, filepath.Join(again, "devices.yaml")))); diff != "" {
		t.Error(diff)
	}
}

// What does not answer keeps what was saved of it; what is gone from site.yaml
// is dropped; what is simulated is left alone. It is said of each.
func TestSaveKeepsAndDrops(t *testing.T) {
	dir := t.TempDir()
	nvr := sim.New(sim.Options{Model: sim.NVR})
	gate, recorder := onPort(t, sim.New(sim.Options{Model: sim.PTZ})), onPort(t, nvr)
	write(t, dir, map[string]string{"site.yaml": "devices:\n  gate: " + gate + "\n  nvr: " + recorder + "\n  old: " + gate + "\n  new: " + gate + "\n"})
	if out, errs, status := byHand(t, "devices", "--save", dir); status != 0 {
		t.Fatal(out, errs)
	}
	first := read(t, filepath.Join(dir, "devices.yaml"))

	nvr.SetOnline(1, false)
	away := deviceAt("127.0.0.1:1", "admin", "simulated")
	write(t, dir, map[string]string{"site.yaml": "devices:\n  gate: " + away + "\n  nvr: " + recorder + "\n  new: {simulate: ptz}\n  barn: " + away + "\n  lobby: {simulate: ipc}\n"})
	out, errs, status := byHand(t, "devices", "--save", dir)
	if status != 1 {
		t.Error(status, errs)
	}
	said := oneLine(out)
	wants(t, said, "gate did not tell: what was saved before stays", "barn did not tell: nothing is saved of it", "new simulated: what was saved before stays",
		"lobby simulated: there is nothing to save", "old not in site.yaml any more: dropped", "channel 1 is offline: its head stays as it was saved before")
	a, err := site.LoadSaved(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, there := a.Device("old"); there || len(a.Devices) != 3 {
		t.Errorf("%+v", a.Devices)
	}
	block := func(text, name string) string {
		_, rest, _ := strings.Cut(text, "\n  "+name+":\n")
		return regexp.MustCompile(`(?m)^  \w`).Split(rest, 2)[0]
	}
	second := read(t, filepath.Join(dir, "devices.yaml"))
	for _, name := range []string{"gate", "new"} {
		if diff := cmp.Diff(block(first, name), block(second, name)); diff != "" || block(first, name) == "" {
			t.Error(name, diff)
		}
	}
	want := strings.Replace(block(first, "nvr"), "name: yard\n", "name: yard\n        online: false\n", 1)
	if diff := cmp.Diff(want, block(second, "nvr")); diff != "" {
		t.Error(diff)
	}

	// With --json the answer stays JSON.
	out, errs, _ = byHand(t, "devices", "--save", "--json", dir)
	var list []jsonDevice
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 5 || !strings.Contains(errs, "gate") {
		t.Error(err, out, errs)
	}
}

// A part that a head does not tell stays as it was, and is asked for again.
func TestSaveUntold(t *testing.T) {
	d := sim.New(sim.Options{Model: sim.PTZ})
	silent := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if silent != "" && strings.HasSuffix(r.URL.Path, silent) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		d.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	write(t, dir, map[string]string{"site.yaml": "devices:\n  gate: " + deviceAt(strings.TrimPrefix(srv.URL, "http://"), "admin", "simulated") + "\n"})
	save := func(want int, says ...string) string {
		t.Helper()
		out, errs, status := byHand(t, "devices", "--save", dir)
		if status != want {
			t.Error(status, out, errs)
		}
		wants(t, oneLine(out), says...)
		return read(t, filepath.Join(dir, "devices.yaml"))
	}
	silent = "/presets"
	if first := save(1, "gate ptz; channel 1 did not tell its presets: gate: list presets"); strings.Contains(first, " presets:") || !strings.Contains(first, "max_presets: 300") {
		t.Error(first)
	}
	silent = ""
	whole := save(0, "ptz, 8 presets")
	for _, silent = range []string{"/presets", "/capabilities"} {
		if diff := cmp.Diff(whole, save(1, "ptz, 8 presets; channel 1 did not tell")); diff != "" {
			t.Error(silent, diff)
		}
	}
	silent = "/Streaming/channels" // nothing is missed
	if diff := cmp.Diff(whole, save(0, "ptz, 8 presets")); diff != "" {
		t.Error(diff)
	}
}

// A file that could not be kept is not written over, and no device is asked.
func TestSaveRefusesDamage(t *testing.T) {
	dir := t.TempDir()
	d := sim.New(sim.Options{Model: sim.PTZ})
	const damaged = "devices:\n  gate: {knid: ptz}\n"
	write(t, dir, map[string]string{"site.yaml": "devices:\n  gate: " + onPort(t, d) + "\n", "devices.yaml": damaged})
	out, errs, status := byHand(t, "devices", "--save", dir)
	want := "devices.yaml:2:10: unknown key \"knid\" (did you mean \"kind\"?)\nno device was asked: mend devices.yaml, or delete it to begin anew\n"
	if status != 1 || errs != want || out != "" {
		t.Errorf("%d %s%s", status, out, errs)
	}
	if read(t, filepath.Join(dir, "devices.yaml")) != damaged || d.Counts().Requests > 0 {
		t.Error("it was written, or the device was asked")
	}
	for _, command := range [][]string{{"devices", "--simulate", dir}, {"exec", "--simulate", "--site", dir, "-e", "print(1)"}, {"run", "--simulate", dir}} {
		if _, errs, status := byHand(t, command...); status != 1 || !strings.HasPrefix(errs, "devices.yaml:2:10: unknown key") {
			t.Errorf("%v: %d %s", command, status, errs)
		}
	}
	// What has nothing to do with it goes on.
	for _, command := range [][]string{{"devices", dir}, {"next", dir}, {"exec", "--site", dir, "-e", "print(hik.device('gate'):info().model)"}} {
		if _, errs, status := byHand(t, command...); status != 0 {
			t.Errorf("%v: %d %s", command, status, errs)
		}
	}
	_, errs, status = byHand(t, "devices", "--save", "--simulate", dir)
	if status != 2 || !strings.Contains(errs, "try: hiklua devices --save") {
		t.Error(status, errs)
	}
}

// A folder that can't be written to is named, and so is what was heard.
func TestSaveCannotWrite(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root writes everywhere")
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"site.yaml": "devices:\n  gate: " + onPort(t, sim.New(sim.Options{Model: sim.PTZ})) + "\n"})
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o755)
	out, errs, status := byHand(t, "devices", "--save", dir)
	if status != 1 || errs != filepath.Join(dir, "devices.yaml")+": permission denied\n" || !strings.Contains(out, "DS-2DE4425SIM-DE") {
		t.Error(status, out, errs)
	}
}

// Several at once leave a file that is whole.
func TestSaveAtOnce(t *testing.T) {
	dir := t.TempDir()
	block := onPort(t, sim.New(sim.Options{Model: sim.PTZ}))
	write(t, dir, map[string]string{"site.yaml": "devices:\n  a: " + block + "\n  b: " + block + "\n"})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if out, errs, status := byHand(t, "devices", "--save", dir); status != 0 {
				t.Error(out, errs)
			}
		})
	}
	all.Wait()
	if s, err := site.LoadSaved(dir); err != nil || len(s.Devices) != 2 {
		t.Error(s, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Error("left behind:", left)
	}
}

// TestSimulateSaved: scripts meet the presets, channels and heads that were saved.
func TestSimulateSaved(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"site.yaml": "devices:\n" +
			"  gate: {ip: 192.0.2.1, username: a, password: \"${NOT_SET}\", channels: {yard: {address: 1}}}\n" +
			"  nvr: {ip: 192.0.2.2, username: a, password: b, channels: {hall: {address: 2}}}\n" +
			"  door: {ip: 192.0.2.3, username: a, password: b}\n" +
			"  lobby: {simulate: ptz}\n" +
			"  unsaved: {ip: 192.0.2.4, username: a, password: b}\n",
		"devices.yaml": "devices:\n" +
			"  gate: {kind: ptz, channels: {1: {name: Hof, head: {position: true, tilt: {min: -20, max: 90}, presets: {12: {name: Tor, pan: 10, tilt: 80, zoom: 2}}, special: {}}}}}\n" +
			"  nvr: {kind: nvr, channels: {1: {name: yard, online: false}, 2: {name: ramp}}}\n" +
			"  door: {kind: ipc, channels: {1: {}}}\n" +
			"  lobby: {kind: ipc, channels: {1: {}}}\n",
	})
	for _, c := range []struct{ code, want string }{
		{`for _, p in ipairs(hik.presets("gate", "yard")) do print(p.id, p.name, p.pan, p.tilt, p.zoom) end`, "12\tTor\t10\t80\t2\n"},
		{`hik.preset("gate", "yard", "Tor", {wait = true}) print(hik.ptz_status("gate").tilt)`, "80\n"},
		{`print(select(2, pcall(hik.preset, "gate", "yard", 3)).kind)`, "forbidden\n"},
		{`print(select(2, pcall(hik.preset, "gate", "yard", "gate")).message)`, "preset: gate/yard has no preset named \"gate\"; it has 12 (Tor)\n"},
		{`print(#hik.channels("nvr"), hik.channels("nvr")[1].online, hik.channels("nvr")[2].name)`, "2\tfalse\thall\n"},
		{`print(pcall(hik.snapshot, "nvr", 3))`, "false"},
		{`print((pcall(hik.preset, "nvr", "hall", 1)), (pcall(hik.preset, "door", 1)))`, "false\tfalse\n"},
		{`print((pcall(hik.snapshot, "door")), (pcall(hik.snapshot, "nvr", "hall")))`, "true\ttrue\n"},
		{`print((pcall(hik.preset, "lobby", 8)), (pcall(hik.preset, "unsaved", 8)))`, "true\ttrue\n"},
	} {
		s := newSession(t)
		status := s.run(context.Background(), "exec", "--simulate", "--site", dir, "-e", c.code)
		if status != 0 || !strings.HasPrefix(s.out.String(), c.want) {
			t.Errorf("%s\n%d %s%s", c.code, status, s.out.String(), s.err.String())
		}
	}
}

// TestSaveRecorded saves what real devices answered.
func TestSaveRecorded(t *testing.T) {
	folder, ok := recorded.Dir()
	if !ok {
		t.Skip("no recorded devices here; HIKLUA_DEVICES may name their folder")
	}
	models, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	dir, text := t.TempDir(), "devices:\n"
	for _, m := range models {
		h, err := recorded.Open(filepath.Join(folder, m.Name()), "operator", "secret")
		if err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(h)
		t.Cleanup(srv.Close)
		text += fmt.Sprintf("  %s: %s\n", m.Name(), deviceAt(strings.TrimPrefix(srv.URL, "http://"), "operator", "secret"))
	}
	write(t, dir, map[string]string{"site.yaml": text})
	out, errs, _ := byHand(t, "devices", "--save", dir)
	saved, err := site.LoadSaved(dir)
	if err != nil || len(saved.Devices) != len(models) {
		t.Fatal(err, out, errs)
	}
	kinds := map[string]site.Model{"DS-2CD2146G2-ISU": site.ModelIPC, "DS-2SE4C425MWG-E-26": site.ModelPTZ, "DS-7616NI-K2": site.ModelNVR, "iDS-7204HUHI-M1": site.ModelDVR}
	for _, d := range saved.Devices {
		if want := kinds[d.Name]; want != "" && d.Kind != want {
			t.Errorf("%s is saved as %s", d.Name, d.Kind)
		}
	}
	first := read(t, filepath.Join(dir, "devices.yaml"))
	t.Log(out, errs, first)
	if out, errs, _ := byHand(t, "devices", "--save", dir); !strings.Contains(out, "stays as it is") {
		t.Error(out, errs)
	}
	// Each can be simulated.
	out, errs, status := byHand(t, "devices", "--simulate", dir)
	if status != 0 {
		t.Error(out, errs)
	}
}
