package luatest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/runtime/site"
)

// Folder is where a site's tests are, and Suffix how their names end.
const (
	Folder = "tests"
	Suffix = "_test.lua"
)

// Config says what the tests run against.
type Config struct {
	Site    *site.Site
	Version string
	Getenv  func(string) (string, bool)
	// Device makes the simulated device in the place of one of the site.
	Device func(site.Device, clock.Clock) *sim.Device
	// Only, if it is set, are the tests that run: those whose name it matches.
	Only *regexp.Regexp
	// Parallel is how many tests run at one time, at least 1.
	Parallel int
}

// File is one file of tests.
type File struct {
	Name   string // "tests/night_test.lua"
	Source []byte
	Err    error // why it can't be read
}

// Result is what became of one test, or of a file that could not be run.
type Result struct {
	File     string // "tests/night_test.lua"
	Name     string // "": the file itself
	Took     time.Duration
	Failures []Failure         // none: it passed
	Log      []luaapi.TestLine // what was said meanwhile
}

// Failure is one reason why a test failed.
type Failure struct {
	Place   string // "tests/night_test.lua:12"; "" where it is not known
	Message string // one line
	Below   string // more lines: a difference, what to do
}

// Files reads the tests of a site, in the order of their names.
func Files(dir string) ([]File, error) {
	entries, err := os.ReadDir(filepath.Join(dir, Folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var list []File
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), Suffix) {
			source, err := os.ReadFile(filepath.Join(dir, Folder, e.Name()))
			list = append(list, File{path.Join(Folder, e.Name()), source, err})
		}
	}
	return list, nil
}

// work is one test that is to be run.
type work struct {
	file File
	spec luaapi.TestCase
}

// ErrInterrupted says that not all tests have run.
var ErrInterrupted = errors.New("interrupted: not all tests have run")

// Run runs the tests of files. It tells of each result in the order of the
// files and of the tests in them, until ctx ends or tell returns an error.
func (c Config) Run(ctx context.Context, files []File, tell func(Result) error) error {
	scratch, err := os.MkdirTemp("", "hiklua-test-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	var results []chan Result
	slots := make(chan struct{}, max(c.Parallel, 1))
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	begin := func(run func(dir string) Result) {
		to := make(chan Result, 1)
		dir := filepath.Join(scratch, fmt.Sprint(len(results)))
		results = append(results, to)
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() == nil {
				if r := run(dir); ctx.Err() == nil {
					to <- r
				}
			}
			close(to)
		})
	}
	for i, f := range files {
		if ctx.Err() != nil {
			break
		}
		cases, failed := c.list(ctx, f, filepath.Join(scratch, fmt.Sprint("list-", i)))
		if failed != nil {
			begin(func(string) Result { return *failed })
			continue
		}
		for _, spec := range cases {
			if c.Only == nil || c.Only.MatchString(spec.Name) {
				begin(func(dir string) Result { return c.runCase(ctx, work{f, spec}, dir) })
			}
		}
	}
	for _, r := range results {
		one, ran := <-r
		if !ran {
			break
		}
		if err := tell(one); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ErrInterrupted
	}
	return nil
}

// start is when a test begins that does not say when.
func (c Config) start() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, c.Site.Timezone) }

// list has the file run once, without the scripts of the site, for the names of
// its tests.
func (c Config) list(ctx context.Context, f File, dir string) ([]luaapi.TestCase, *Result) {
	failed := func(err error) *Result { return &Result{File: f.Name, Failures: []Failure{failureOf(err)}} }
	if f.Err != nil {
		return nil, failed(f.Err)
	}
	b, h, err := c.newBench(c.start(), dir)
	if err != nil {
		return nil, failed(err)
	}
	if err := b.run(ctx, h, false, b.program(f, nil)); err != nil {
		return nil, failed(err)
	}
	if len(b.cases) == 0 {
		return nil, failed(fmt.Errorf("%s has no test: write hik.test.case(name, function() ... end)", f.Name))
	}
	return b.cases, nil
}

// runCase runs one test on a site of its own.
func (c Config) runCase(ctx context.Context, w work, dir string) (r Result) {
	r = Result{File: w.file.Name, Name: w.spec.Name}
	watch := clock.NewStopwatch()
	defer func() {
		if p := recover(); p != nil {
			r.Failures = append(r.Failures, Failure{Message: fmt.Sprintf("internal error: %v", p), Below: string(debug.Stack())})
		}
		r.Took = watch.Elapsed()
	}()
	from := w.spec.From
	if from.IsZero() {
		from = c.start()
	}
	b, h, err := c.newBench(from, dir)
	if err != nil {
		r.Failures = []Failure{failureOf(err)}
		return r
	}
	ran := false
	err = b.run(ctx, h, true, b.program(w.file, func(L *lua.LState) error {
		b.testing = true
		for _, spec := range b.cases {
			if spec.Name == w.spec.Name {
				ran = true
				_, err := sandbox.Call(L, spec.Fn, 0)
				return err
			}
		}
		return nil
	}))
	r.Log = b.lines
	switch {
	case err != nil:
		r.Failures = append(r.Failures, failureOf(err))
	case !ran:
		r.Failures = append(r.Failures, Failure{Place: w.spec.Place, Message: "the test was not there when the file ran once more"})
	}
	if !w.spec.AllowErrors {
		r.Failures = append(r.Failures, b.failures...)
	}
	return r
}

func failureOf(err error) Failure {
	r := runtime.Report(err)
	return Failure{Place: r.Place(), Message: r.Message, Below: r.Hint}
}
