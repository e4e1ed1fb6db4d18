package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/runtime/clock"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 250_000_000, time.UTC)

// desk is a journal in virtual time.
type desk struct {
	t   *testing.T
	dir string
	clk *clock.Virtual
	o   Options
	log bytes.Buffer
	*Journal
}

func newDesk(t *testing.T, o Options) *desk {
	d := &desk{t: t, dir: filepath.Join(t.TempDir(), "data", "journal"), clk: clock.NewVirtual(noon), o: o}
	d.o.Clock, d.o.Log = d.clk, slog.New(slog.NewTextHandler(&d.log, nil))
	d.open()
	t.Cleanup(d.close)
	return d
}

func (d *desk) open() {
	d.t.Helper()
	var err error
	if d.Journal, err = Open(d.dir, d.o); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) close() {
	d.t.Helper()
	d.clk.Do(func() {
		if err := d.Close(context.Background()); err != nil {
			d.t.Error(err)
		}
	})
}

// write puts entries on record, each its own burst.
func (d *desk) write(entries ...Entry) {
	for _, e := range entries {
		d.Write(e)
		d.clk.RunFor(0)
	}
}

func (d *desk) read(f Filter) []Entry {
	d.t.Helper()
	var all []Entry
	for e, err := range Read(d.dir, f) {
		if err != nil {
			d.t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

var move = Entry{
	Time: noon, Device: "gate", Channel: 1, Script: "tour", Job: "night", Task: "tour/night#3",
	What: "ptz_move", Detail: "40 0 0", Duration: 31 * time.Millisecond, Waited: 2 * time.Millisecond,
}

func number(i int) Entry {
	e := move
	e.Time = noon.Add(time.Duration(i) * time.Second)
	e.Detail = fmt.Sprint(i)
	return e
}

type kindError struct{ kind, text string }

func (e kindError) Error() string { return e.text }
func (e kindError) Kind() string  { return e.kind }

func TestWhatIsWrittenIsRead(t *testing.T) {
	d := newDesk(t, Options{Kind: func(err error) string {
		if errors.Is(err, context.Canceled) {
			return "cancelled"
		}
		return ""
	}})
	odd := Entry{Time: noon, Device: `a "device" \ <&>`, What: "über\x01\n\x7f", Detail: "\xff"}
	d.write(move, odd, Entry{Time: noon, What: "device_info", Device: "nvr"})
	for _, err := range []error{
		kindError{"locked", "gate: the account\n\tis locked"},
		fmt.Errorf("more: %w", kindError{"timeout", "no answer"}),
		errors.New("something"),
		fmt.Errorf("ended: %w", context.Canceled),
		errors.New(`Get "http://admin:geheim@192.0.2.10/ISAPI": refused; rtsp://u:p@h`),
	} {
		e := move
		e.Err = err
		d.write(e)
	}
	failed := func(kind, message string) Entry {
		e := move
		e.Err = &Answer{kind, message}
		return e
	}
	odd.Detail = "\ufffd"
	want := []Entry{
		move, odd, {Time: noon, What: "device_info", Device: "nvr"},
		failed("locked", "gate: the account is locked"),
		failed("timeout", "more: no answer"),
		failed("error", "something"),
		failed("cancelled", "ended: context canceled"),
		failed("error", `Get "http://192.0.2.10/ISAPI": refused; rtsp://h`),
	}
	if diff := cmp.Diff(want, d.read(Filter{}), cmp.Comparer(sameError)); diff != "" {
		t.Fatal(diff)
	}
	for _, e := range d.read(Filter{}) {
		line := e.String()
		if strings.ContainsAny(line, "\n\x01\x7f") || strings.Contains(line, "geheim") {
			t.Errorf("%q", line)
		}
		if data, err := json.Marshal(e); err != nil || !json.Valid(data) {
			t.Errorf("%s: %v", data, err)
		}
	}
}

func sameError(a, b error) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *answerOf(a, nil) == *answerOf(b, nil)
}

func TestTheLineAPersonReads(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	here := move
	here.Time = here.Time.In(berlin)
	failed := move
	failed.Err, failed.Duration, failed.Waited, failed.Channel, failed.Detail = kindError{"timeout", "no answer within 10s"}, 10004*time.Millisecond, 0, 0, ""
	for _, c := range []struct {
		e    Entry
		want string
	}{
		{move, "2026-03-04 12:00:00.250  gate/1  ptz_move 40 0 0  ok  31ms (waited 2ms)  tour/night#3"},
		{here, "2026-03-04 13:00:00.250  gate/1  ptz_move 40 0 0  ok  31ms (waited 2ms)  tour/night#3"},
		{failed, "2026-03-04 12:00:00.250  gate  ptz_move  timeout  10s  tour/night#3  no answer within 10s"},
		{Entry{Time: noon, Device: "gate", Channel: 1, What: "preset", Detail: "2", Name: "door"}, "2026-03-04 12:00:00.250  gate/1  preset 2 (door)  ok  0s"},
		{Entry{Time: noon, Device: "gate", What: "device_info"}, "2026-03-04 12:00:00.250  gate  device_info  ok  0s"},
		{Entry{Time: noon, Dropped: 17}, "2026-03-04 12:00:00.250  17 entries are not on record: the disk was slow or full"},
	} {
		if got := c.e.String(); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
	const want = `{"time":"2026-03-04T12:00:00.250000Z","device":"gate","channel":1,"script":"tour","job":"night","task":"tour/night#3","what":"ptz_move","detail":"40 <&> 0","answer":"ok","duration":0.031,"waited":0.002}`
	here.Detail = "40 <&> 0"
	if got, err := here.MarshalJSON(); err != nil || string(got) != want {
		t.Errorf("%s %v\nwant %s", got, err, want)
	}
}

func TestLongTextsAreCut(t *testing.T) {
	d := newDesk(t, Options{})
	e := move
	e.Detail, e.Err = "x"+strings.Repeat("ü", 5000), errors.New(strings.Repeat("\x01", 5000))
	d.write(e, move)
	all := d.read(Filter{})
	if len(all) != 2 || !strings.HasSuffix(all[0].Detail, "ü...") || len(all[0].Detail) > maxText+3 {
		t.Error(all)
	}
}

func TestFilters(t *testing.T) {
	d := newDesk(t, Options{Size: 2000, Segments: 100})
	var all []Entry
	for i := range 200 {
		e := number(i)
		e.Device = []string{"gate", "yard", "nvr"}[i%3]
		e.Script = []string{"tour", "night"}[i%2]
		e.Job = `","device":"gate"` // no trap: quotes are escaped
		all = append(all, e)
	}
	d.write(all...)
	choose := func(is func(i int, e Entry) bool) []Entry {
		var some []Entry
		for i, e := range all {
			if is(i, e) {
				some = append(some, e)
			}
		}
		return some
	}
	gate := choose(func(_ int, e Entry) bool { return e.Device == "gate" })
	for _, c := range []struct {
		name string
		f    Filter
		want []Entry
	}{
		{"all", Filter{}, all},
		{"device", Filter{Device: "gate"}, gate},
		{"script", Filter{Script: "night"}, choose(func(_ int, e Entry) bool { return e.Script == "night" })},
		{"both", Filter{Script: "night", Device: "nvr"}, choose(func(_ int, e Entry) bool { return e.Script == "night" && e.Device == "nvr" })},
		{"since", Filter{Since: number(50).Time.In(time.FixedZone("", 7200))}, all[50:]},
		{"until", Filter{Until: number(50).Time}, all[:50]},
		{"last", Filter{Limit: 1}, all[199:]},
		{"some of one file", Filter{Limit: 5}, all[195:]},
		{"over several files", Filter{Limit: 77}, all[123:]},
		{"more than there are", Filter{Limit: 500}, all},
		{"last of a device", Filter{Device: "gate", Limit: 20}, gate[len(gate)-20:]},
		{"none", Filter{Device: "gat"}, nil},
	} {
		if diff := cmp.Diff(c.want, d.read(c.f)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	for range Read(d.dir, Filter{}) {
		break
	}
	for range Read(d.dir, Filter{Limit: 7}) {
		break
	}
}

func TestSizeIsBounded(t *testing.T) {
	d := newDesk(t, Options{Size: 4000, Segments: 3})
	for i := range 1000 {
		d.write(number(i))
	}
	entries, _ := os.ReadDir(d.dir)
	total := int64(0)
	for _, e := range entries {
		info, _ := e.Info()
		total += info.Size()
		if info.Mode().Perm() != 0o600 || info.Size() > 4000 {
			t.Error(e.Name(), info.Mode(), info.Size())
		}
	}
	if len(entries) != 3 || total > 3*4000 {
		t.Error(len(entries), "files,", total, "bytes")
	}
	all := d.read(Filter{})
	for i, e := range all {
		if e.Detail != fmt.Sprint(1000-len(all)+i) {
			t.Fatal(i, e)
		}
	}
	if info, _ := os.Stat(d.dir); info.Mode().Perm() != 0o700 {
		t.Error(info.Mode())
	}
}

func TestALineLongerThanASegment(t *testing.T) {
	d := newDesk(t, Options{Size: 100, Segments: 5})
	d.write(number(1), number(2))
	d.Write(number(3))
	d.Write(number(4)) // in one write
	d.clk.RunFor(0)
	if all := d.read(Filter{}); len(all) != 4 {
		t.Error(all)
	}
}

func TestAHostGoesOnWhereTheLastEnded(t *testing.T) {
	d := newDesk(t, Options{Size: 1000, Segments: 50})
	for i := range 30 {
		d.write(number(i))
		if i%4 == 0 {
			d.close()
			d.open()
		}
	}
	all := d.read(Filter{})
	if len(all) != 30 {
		t.Error(len(all))
	}
	if entries, _ := os.ReadDir(d.dir); len(entries) > 10 {
		t.Error(len(entries), "files for 30 lines: each start begins a new one")
	}
}

// A power cut leaves half a line; the next host does not add to it.
func TestATornLastLine(t *testing.T) {
	d := newDesk(t, Options{})
	d.write(number(1), number(2))
	d.close()
	path := filepath.Join(d.dir, segmentName(1))
	data, _ := os.ReadFile(path)
	for cut := 1; cut < 60; cut++ {
		if err := os.WriteFile(path, data[:len(data)-cut], 0o644); err != nil {
			t.Fatal(err)
		}
		whole := 1
		if cut == 1 {
			whole = 2 // only the newline is missing
		}
		if all := d.read(Filter{}); len(all) != whole {
			t.Fatal(cut, all)
		}
		d.open()
		d.write(number(3))
		all := d.read(Filter{})
		if len(all) != whole+1 || all[whole].Detail != "3" {
			t.Fatal(cut, all)
		}
		d.close()
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Error(info.Mode())
	}
}

func TestStrangersInTheFolder(t *testing.T) {
	d := newDesk(t, Options{Segments: 2, Size: 300})
	for _, name := range []string{"notes.jsonl", "1.jsonl", "00000001.jsonl.gz", "-0000001.jsonl"} {
		os.WriteFile(filepath.Join(d.dir, name), []byte(`{"time":"2026-03-04T12:00:00.250000Z","answer":"ok"}`+"\n"), 0o600)
	}
	os.Mkdir(filepath.Join(d.dir, "00000099.jsonl"), 0o700)
	d.write(number(1), number(2), number(3), number(4), number(5))
	if all := d.read(Filter{}); len(all) != 2 || all[1].Detail != "5" {
		t.Error(all)
	}
	if entries, _ := os.ReadDir(d.dir); len(entries) != 5+2 {
		t.Error(entries)
	}
}

// The name of the next segment is taken: the one after it serves.
func TestATakenName(t *testing.T) {
	d := newDesk(t, Options{Size: 400})
	d.write(number(0))
	must(t, os.Mkdir(filepath.Join(d.dir, segmentName(2)), 0o700))
	for i := range 5 {
		d.write(number(i + 1))
	}
	if all := d.read(Filter{}); len(all) != 6 || all[5].Detail != "5" {
		t.Error(all, d.log.String())
	}
}

func TestReadWhereNothingIs(t *testing.T) {
	for range Read(filepath.Join(t.TempDir(), "none"), Filter{}) {
		t.Error("an entry")
	}
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o600)
	var last error
	for _, err := range Read(file, Filter{Limit: 3}) {
		last = err
	}
	if last == nil {
		t.Error("a file was read as a folder")
	}
}
