package runtime

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hiklua/hiklua/"

// mayImport is who may use whom inside the module. What is not listed is not
// allowed.
var mayImport = map[string][]string{
	"cmd/hiklua/lineedit": {},

	"cmd/hiklua":            {"cmd/hiklua/lineedit", "runtime", "runtime/*", "luaapi", "isapi", "isapi/sim", "scripts"},
	"runtime/rehearsal":     {"runtime", "runtime/*", "luaapi", "isapi", "isapi/sim"},
	"runtime/happening":     {"luaapi", "isapi", "isapi/sim", "runtime/clock", "runtime/nearest", "runtime/schedule", "runtime/site"},
	"runtime":               {"runtime/*", "luaapi", "isapi", "scripts"},
	"runtime/check":         {"runtime/clock", "runtime/files", "runtime/nearest", "runtime/sandbox", "runtime/schedule", "runtime/site", "runtime/standin", "luaapi", "isapi", "isapi/sim", "scripts"},
	"runtime/stubs":         {"runtime/sandbox", "runtime/site", "luaapi", "scripts"},
	"runtime/device":        {"runtime/clock", "runtime/journal", "runtime/site", "runtime/store", "luaapi", "isapi"},
	"runtime/store":         {"runtime/boltfile", "runtime/clock", "runtime/owner"},
	"runtime/store/logtest": {"runtime/clock"},
	"runtime/boltfile":      {"runtime/owner"},
	"runtime/journal":       {"runtime/clock", "runtime/owner"},
	"runtime/archive":       {"runtime/archive/*", "runtime/clock", "runtime/files", "runtime/owner", "runtime/site"},
	"runtime/files":         {"runtime/clock", "runtime/owner"},

	"runtime/archive/jpeg":      {},
	"runtime/archive/index":     {"runtime/archive", "runtime/archive/jpeg", "runtime/boltfile", "runtime/clock", "runtime/owner"},
	"runtime/archive/export":    {"runtime/archive"},
	"runtime/archive/gaps":      {"runtime/clock", "runtime/owner", "runtime/schedule"},
	"runtime/archive/watch":     {"runtime/clock"},
	"runtime/archive/upload":    {"runtime/clock", "runtime/files", "runtime/owner", "runtime/site"},
	"runtime/archive/retention": {"runtime/archive", "runtime/archive/index", "runtime/clock", "runtime/site"},

	"runtime/logins":        {"runtime/files", "runtime/clock", "isapi"},
	"runtime/browsertest":   {"runtime/clock"},
	"runtime/outlet":        {"runtime/clock"},
	"runtime/hold":          {"runtime/clock"},
	"runtime/hold/holdtest": {"runtime/clock", "runtime/hold"},
	"runtime/deadman":       {"runtime/hold"},
	"runtime/engine":        {"runtime/clock", "runtime/cluster", "runtime/files", "runtime/hold"},
	"runtime/cluster":       {"runtime", "runtime/*", "luaapi", "isapi"},
	"runtime/owner":         {},
	"runtime/clock":         {},
	"runtime/control":       {"runtime/clock", "runtime/owner"},
	"runtime/doctor":        {"runtime/clock", "runtime/site", "isapi"},
	"runtime/nearest":       {},
	"runtime/sandbox":       {"runtime/nearest"},
	"runtime/schedule":      {"runtime/clock"},
	"runtime/site":          {"runtime/clock", "runtime/nearest", "runtime/owner", "runtime/schedule", "isapi"},
	"runtime/standin":       {"runtime/clock", "runtime/site", "isapi", "isapi/sim"},
	"runtime/web":           {},
	"runtime/api":           {"runtime", "runtime/*", "luaapi", "isapi"},
	"runtime/hosts":         {"runtime", "runtime/api", "runtime/archive/gaps", "runtime/clock", "runtime/nearest", "runtime/site", "luaapi", "isapi"},
	"runtime/page":          {"runtime", "runtime/api", "runtime/clock", "runtime/control", "runtime/device", "runtime/journal", "runtime/owner", "runtime/site", "luaapi", "isapi"},
	"runtime/mqtt":          {"runtime", "runtime/clock", "runtime/device", "runtime/journal", "runtime/site", "runtime/web", "luaapi", "isapi"},
	"runtime/metrics":       {"runtime", "runtime/archive", "runtime/archive/gaps", "runtime/archive/index", "runtime/archive/retention", "runtime/clock", "runtime/cluster", "runtime/device", "runtime/journal", "runtime/site", "luaapi"},
	"runtime/notify":        {"runtime/clock", "runtime/site", "runtime/web", "isapi"},
	"runtime/timeline":      {"runtime/clock", "runtime/journal", "runtime/schedule", "runtime/site"},
	"runtime/timeline/page": {"runtime/clock", "runtime/schedule", "runtime/timeline"},
	"luaapi":                {"isapi", "runtime/clock", "runtime/nearest", "runtime/sandbox", "runtime/web"},
	"isapi":                 {},
	"isapi/recorded":        {},
	"isapi/sim":             {"isapi", "runtime/clock"},
	"scripts":               {},
	"runtime/luatest":       {"runtime", "runtime/*", "luaapi", "isapi", "isapi/sim"},
}

// onlyIn says which folder uses a dependency.
var onlyIn = map[string][]string{
	"github.com/icholy/digest":           {"isapi"},
	"gocloud.dev/blob":                   {"runtime/archive/upload"},
	"gocloud.dev/blob/fileblob":          {"runtime/archive/upload"},
	"gocloud.dev/blob/s3blob":            {"runtime/archive/upload"},
	"gocloud.dev/gcerrors":               {"runtime/archive/upload"},
	"github.com/robfig/cron/v3":          {"runtime/schedule"},
	"go.etcd.io/bbolt":                   {"runtime/archive/index", "runtime/boltfile", "runtime/store"},
	"github.com/fsnotify/fsnotify":       {"runtime"},
	"github.com/wneessen/go-mail":        {"runtime/notify"},
	"go.yaml.in/yaml/v3":                 {"runtime/site"},
	"github.com/spf13/cobra":             {"cmd/hiklua"},
	"github.com/DeRuina/timberjack":      {"cmd/hiklua"},
	"github.com/rivo/uniseg":             {"cmd/hiklua", "cmd/hiklua/lineedit"},
	"github.com/lmittmann/tint":          {"cmd/hiklua"},
	"golang.org/x/image/font":            {"isapi/sim", "runtime/archive/export"},
	"golang.org/x/net/netutil":           {"runtime/control"},
	"golang.org/x/text/encoding":         {"isapi"},
	"github.com/nathan-osman/go-sunrise": {"runtime/schedule"},

	"github.com/prometheus/client_golang/prometheus":            {"runtime/metrics"},
	"github.com/prometheus/client_golang/prometheus/collectors": {"runtime/metrics"},
	"github.com/prometheus/client_golang/prometheus/promhttp":   {"runtime/metrics"},

	"github.com/eclipse/paho.golang/paho":    {"runtime/mqtt"},
	"github.com/eclipse/paho.golang/packets": {"runtime/mqtt"},

	"github.com/nats-io/nats-server/v2/server": {"runtime/engine"},
	"github.com/nats-io/nats.go":               {"runtime/engine"},
}

func TestImportsPointOneWay(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for dec.More() {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		seen++
		me := strings.TrimPrefix(p.ImportPath, module)
		allowed, known := mayImport[me]
		if !known {
			t.Errorf("folder %s is not in the table of imports", me)
		}
		for _, imported := range p.Imports {
			if in, ok := onlyIn[imported]; ok && !slices.Contains(in, me) {
				t.Errorf("%s imports %s, which only %v may", me, imported, in)
			}
			ours, ok := strings.CutPrefix(imported, module)
			if !ok {
				continue
			}
			fine := slices.ContainsFunc(allowed, func(a string) bool {
				return a == ours || strings.HasSuffix(a, "/*") && strings.HasPrefix(ours, strings.TrimSuffix(a, "*"))
			})
			if !fine {
				t.Errorf("%s imports %s; it may import %v", me, ours, allowed)
			}
		}
	}
	if seen < len(mayImport)-3 {
		t.Errorf("%d folders seen, the table has %d", seen, len(mayImport))
	}
}

var bareTime = regexp.MustCompile(`\b(time\.(Now|Sleep|After|AfterFunc|NewTimer|NewTicker|Tick|Since|Until)|context\.With(Timeout|Deadline)(Cause)?)\(`)

// Whatever waits or asks the time goes through the clock, or rehearsal breaks.
func TestNobodyBypassesTheClock(t *testing.T) {
	for _, root := range []string{".", "../luaapi", "../isapi/sim"} {
		filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				t.Fatal(err)
			}
			if e.IsDir() && e.Name() == "clock" {
				return filepath.SkipDir
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(source), "\n") {
				if code, _, _ := strings.Cut(line, "//"); bareTime.MatchString(code) {
					t.Errorf("%s:%d: %s", path, i+1, strings.TrimSpace(line))
				}
			}
			return nil
		})
	}
}
