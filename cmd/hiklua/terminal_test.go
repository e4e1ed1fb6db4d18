package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/timeline"
)

func TestTextLog(t *testing.T) {
	var b bytes.Buffer
	h := newTextHandler(&b, slog.LevelInfo, textForm{})
	log := slog.New(byClock(h, clock.NewVirtual(begin), time.FixedZone("", 3600)))
	log.Debug("not shown")
	log.With("device", "gate").Warn("stop not answered, trying again", "channel", 1,
		"error", &isapi.Error{Device: "gate", Op: "stop", Err: isapi.ErrOffline, Hint: "is it on?"})
	log.Error("boom", "script", "tour", "traceback", "a.lua:1: in f\na.lua:2: in g\n", "error", errors.New("plain"))
	want := `13:00:00 WRN stop not answered, trying again device=gate channel=1 error="gate: stop: offline"
             is it on?
13:00:00 ERR boom script=tour error=plain
             a.lua:1: in f
             a.lua:2: in g
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestColoursOnlyOnATerminal(t *testing.T) {
	s := newSession(t)
	if s.colour(&s.err) {
		t.Error("a buffer takes colours")
	}
	s.run(t.Context(), "rnu")
	if strings.Contains(s.err.String(), "\x1b") {
		t.Errorf("%q", s.err.String())
	}
}

func TestShellWord(t *testing.T) {
	for text, want := range map[string]string{
		"hiklua-demo": "hiklua-demo", "my site": "'my site'", "": "''", "it's": `'it'\''s'`, "http://a@b:80": "http://a@b:80", "$x": "'$x'",
	} {
		if got := shellWord(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestQuotedWordOfWindows has words that cmd.exe and PowerShell both read.
func TestQuotedWordOfWindows(t *testing.T) {
	for text, want := range map[string]string{
		`C:\hiklua\hiklua.exe`: `C:\hiklua\hiklua.exe`, `C:\my site`: `"C:\my site"`, "": `""`, "$x y": "'$x y'", `say "a"`: `'say "a"'`,
	} {
		if got := quotedWord(text, true); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestInvocation starts the program under several names: one that the shell
// finds in PATH is enough to start it again.
func TestInvocation(t *testing.T) {
	folder, other := t.TempDir(), t.TempDir()
	for _, dir := range []string{folder, other} {
		if err := os.WriteFile(filepath.Join(dir, "hiklua.exe"), nil, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "hiklua"), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder)
	for arg0, want := range map[string]string{
		"hiklua": "hiklua", "hiklua.exe": "hiklua", "hk": "hk", "./hiklua": "./hiklua", "/nowhere/hiklua": "/nowhere/hiklua",
		filepath.Join(folder, "hiklua"): "hiklua", filepath.Join(other, "hiklua"): shellWord(filepath.Join(other, "hiklua")),
		"/tmp/go-build12/b001/exe/hiklua": "go run ./cmd/hiklua",
	} {
		if got := invocation(arg0); got != want {
			t.Errorf("%q: %s, want %s", arg0, got, want)
		}
	}
}

// TestHelpNamesTheProgram: what was typed to start the program, perhaps a path,
// stands where a command is to be copied, and nowhere else.
func TestHelpNamesTheProgram(t *testing.T) {
	s := newSession(t)
	words := map[string]bool{"COMMAND": true}
	commands := []*cobra.Command{newRootCommand(s.app)}
	for i := 0; i < len(commands); i++ {
		words[commands[i].Name()] = true
		commands = append(commands, commands[i].Commands()...)
	}
	command := regexp.MustCompile(`\{hiklua\}\s+(\w+)`)
	for _, c := range commands {
		for _, text := range []string{c.Short, c.Long, c.Example, c.Annotations[nextStep]} {
			for _, rest := range strings.Split(text, "{hiklua}")[1:] {
				m := command.FindStringSubmatch("{hiklua}" + rest)
				if m == nil || !words[m[1]] {
					t.Errorf("help of %q: {hiklua} without a command: %.40q", c.CommandPath(), rest)
				}
			}
		}
	}
}

// TestTableWraps makes a table narrower: the widest columns go on below
// themselves, and what has no room for a word is broken within it.
func TestTableWraps(t *testing.T) {
	table := &table{head: []string{"NAME", "CHANNELS", "N"}}
	table.add("gate", "1 yard", "2")
	table.add("große", "10 a channel, 11 another_channel_of_a_long_name, 12 a channel", "3")
	table.paint(0, colourFail)
	for width, want := range map[int]string{
		0: `NAME   CHANNELS                                                       N
gate   1 yard                                                         2
große  10 a channel, 11 another_channel_of_a_long_name, 12 a channel  3
`,
		42: `NAME   CHANNELS                          N
gate   1 yard                            2
große  10 a channel, 11                  3
       another_channel_of_a_long_name,
       12 a channel
`,
		30: `NAME   CHANNELS              N
gate   1 yard                2
große  10 a channel, 11      3
       another_channel_of_a
       _long_name, 12 a
       channel
`,
	} {
		if got := table.text(width, false); got != want {
			t.Errorf("%d: got\n%s\nwant\n%s", width, got, want)
		}
	}
	if got := table.text(0, true); !strings.Contains(got, "\n\x1b[31;1mgroße\x1b[0m  10 a") {
		t.Errorf("%q", got)
	}
}

// TestChannelNames makes names that site.yaml takes of what devices say.
func TestChannelNames(t *testing.T) {
	taken := map[string]bool{}
	var got []string
	for id, name := range []string{"", "Camera 01", "Camera 01", "Hof / Tür", "404", "on", "  ", "Склад"} {
		line := channelLine(site.Device{}, isapi.Channel{ID: id + 1, Name: name}, taken)
		key, _, _ := strings.Cut(line, ":")
		got = append(got, key)
		if name := strings.Trim(key, `"`); !site.ValidName(name) {
			t.Errorf("%q is no name", name)
		}
	}
	want := []string{"channel1", "camera_01", "camera_01_2", "hof_tür", "channel5", `"on"`, "channel7", "склад"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMotionWords(t *testing.T) {
	for detail, want := range map[string]string{
		"15 0 0": "turns right at 15 %", "-100 20 0": "turns left at 100 %, tilts up at 20 %", "0 -1 5": "tilts down at 1 %, zooms in at 5 %", "x": "moves x",
	} {
		if got := timeline.MotionWords(detail); got != want {
			t.Errorf("%q: %s, want %s", detail, got, want)
		}
	}
}
