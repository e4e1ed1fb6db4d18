package page

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/timeline"
)

var update = flag.Bool("update", false, "write the files that are compared with")

// The same timeline gives the same bytes. The golden file has what is in the data
// in words: how a version of Go deflates it may change.
func TestTheSameBytes(t *testing.T) {
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	one := write(t, patrols(t, 3, 200, 7), Options{Command: "hiklua rehearse"})
	runtime.GOMAXPROCS(16)
	if sixteen := write(t, patrols(t, 3, 200, 7), Options{Command: "hiklua rehearse"}); one != sixteen {
		t.Error("two pages of one timeline differ")
	}
	h, all := decoded(t, one)
	var b strings.Builder
	data := between(t, one, `type="application/octet-stream">`, "</script>")
	frame := strings.NewReplacer(data, "", between(t, one, "<style>", "</style>"), "", between(t, one, "</script>\n<script>", "</script>"), "",
		between(t, one, `Content-Security-Policy" content="`, `"`), "").Replace(one)
	fmt.Fprintf(&b, "%s\noffsets %v\nnights %v\nfindings %v\n", frame, h.Offsets, h.Nights, h.Findings)
	for _, s := range all {
		fmt.Fprintln(&b, s)
	}
	const golden = "testdata/week.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Error(golden, "is not what is written; if it should be: go test ./runtime/timeline/page -run TestTheSameBytes -update")
	}
}

// The browser runs what the hashes name, and nothing else.
func TestThePolicyNamesWhatIsThere(t *testing.T) {
	page := write(t, patrols(t, 2, 50, 1), Options{})
	policy := between(t, page, `Content-Security-Policy" content="`, `"`)
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
		t.Error(policy)
	}
	for _, want := range []string{"style-src " + hash(between(t, page, "<style>", "</style>")), "script-src " + hash(between(t, page, "</script>\n<script>", "</script>"))} {
		if !strings.Contains(policy, want+";") {
			t.Errorf("%s is not in %s", want, policy)
		}
	}
	if strings.Contains(page, " style=") || strings.Contains(page, " onclick=") {
		t.Error("a style or a handler in an attribute: the policy forbids it")
	}
}

// Nothing is loaded from anywhere.
func TestThePageNeedsNothingElse(t *testing.T) {
	page := write(t, patrols(t, 2, 50, 1), Options{})
	frame := strings.Replace(page, between(t, page, `type="application/octet-stream">`, "</script>"), "", 1)
	for _, word := range []string{"http:", "https:", "://", "url(", "@import", " src=", "<link", "import(", "fetch(", "XMLHttpRequest", "innerHTML", "eval("} {
		if strings.Contains(frame, word) {
			t.Errorf("the page has %s", word)
		}
	}
}

// Names come from site.yaml, from scripts and from devices, and may be anything.
func TestNamesAreText(t *testing.T) {
	const evil = "<script>alert('1')</script>\n\"&quot; {{data}} </title>--!>"
	from := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	tl := &timeline.Timeline{Site: evil, From: from, To: from.Add(time.Hour), Zone: time.UTC, Version: evil}
	tl.Actions = timeline.NewActions(time.UTC, timeline.Action{
		Time: from, Kind: timeline.Preset, Device: evil, Channel: 1, Place: evil, Script: evil, Job: evil, Task: evil,
		Text: evil, Path: evil, Failed: evil, Message: evil,
	})
	tl.Findings = []timeline.Finding{{Time: from, Count: 1, Kind: evil, Device: evil, Place: evil, Script: evil, Job: evil, Text: evil, Remedy: evil}}
	page := write(t, tl, Options{Command: evil})
	if n := strings.Count(page, "<script"); n != 2 {
		t.Errorf("%d scripts, not 2", n)
	}
	if n := strings.Count(page, "</title>"); n != 1 {
		t.Errorf("%d titles", n)
	}
	_, all := decoded(t, page)
	if len(all) != 1 || all[0].Lane != evil || all[0].Label.Text != evil || all[0].Task != evil {
		t.Errorf("%q", all)
	}
}

// The findings are in the page as a list, without the script.
func TestFindingsInThePage(t *testing.T) {
	tl := patrols(t, 3, 100, 1)
	list := between(t, write(t, tl, Options{}), `<h2 id="findings-title">Findings</h2>`, "</section>")
	for _, want := range []string{
		`<li><a href="#t=2026-03-23T04:17:00.000Z&amp;w=600&amp;f=1">Mon 23 Mar 2026 05:17:00</a> <b><bdi>cam00/yard</bdi></b>`,
		`s01 and s02 both want the head of cam00/yard`, `<span class="remedy">give one of them`, `<small>scripts/s01.lua:11, 8 times</small>`,
	} {
		if !strings.Contains(list, want) {
			t.Errorf("%s is not in %s", want, list)
		}
	}
	if n := strings.Count(list, "<li>"); n != 12 {
		t.Error(n, "findings")
	}
	for len(tl.Findings) < 2500 {
		tl.Findings = append(tl.Findings, tl.Findings[0])
	}
	page := write(t, tl, Options{})
	if list := between(t, page, `<h2 id="findings-title">Findings</h2>`, "</section>"); strings.Count(list, "<li>") != 1000 || !strings.Contains(list, "And 1,500 more findings") {
		t.Error(len(list))
	}
	if h, _ := decoded(t, page); len(h.Findings) != 2500 {
		t.Error(len(h.Findings))
	}
	tl.Findings = nil
	if list := between(t, write(t, tl, Options{}), `<h2 id="findings-title">Findings</h2>`, "</section>"); !strings.Contains(list, "None.") {
		t.Error(list)
	}
}

type full struct{ room int }

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestADiskThatIsFull(t *testing.T) {
	tl := patrols(t, 5, 3000, 1)
	whole := len(write(t, tl, Options{}))
	for room := 0; room < whole; room += whole / 50 {
		if err := Write(&full{room}, tl, Options{}); !errors.Is(err, errFull) {
			t.Fatalf("with %d of %d bytes: %v", room, whole, err)
		}
	}
}

func TestAMillionActions(t *testing.T) {
	if testing.Short() {
		t.Skip("a million actions")
	}
	var size counter
	tl := patrols(t, 100, 1_110_000, 7)
	if err := Write(&size, tl, Options{}); err != nil {
		t.Fatal(err)
	}
	if tl.Actions.Len() < 1_000_000 || size > 6<<20 {
		t.Errorf("%d actions are %d bytes", tl.Actions.Len(), size)
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func BenchmarkWrite(b *testing.B) {
	for _, n := range []int{20_000, 200_000, 1_110_000} {
		tl := patrols(b, 100, n, 7)
		b.Run(fmt.Sprint(tl.Actions.Len()), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Write(io.Discard, tl, Options{})
			}
		})
	}
}
