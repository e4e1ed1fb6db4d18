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
	"sync/atomic"
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

// Files reads the tests of a site, those of folders in tests/ too, in the order
// of their names. What begins with a dot is passed over: editors keep copies so.
func Files(dir string) ([]File, error) {
	root := filepath.Join(dir, Folder)
	if target, err := filepath.EvalSymlinks(root); err == nil {
		root = target // the folder may be a link
	}
	var list []File
	err := filepath.WalkDir(root, func(at string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || at == root:
			return err
		case strings.HasPrefix(e.Name(), "."):
		case strings.HasSuffix(e.Name(), Suffix):
			relative, err := filepath.Rel(root, at)
			if err != nil {
				return err
			}
			source, err := os.ReadFile(at)
			list = append(list, File{path.Join(Folder, filepath.ToSlash(relative)), source, err})
		default:
			return nil
		}
		if e.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return list, err
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
	var works []func(ctx context.Context, dir string) Result
	for i, f := range files {
		if ctx.Err() != nil {
			return ErrInterrupted
		}
		cases, failed := c.list(ctx, f, filepath.Join(scratch, fmt.Sprint("list-", i)))
		if failed != nil {
			works = append(works, func(context.Context, string) Result { return *failed })
			continue
		}
		for _, spec := range cases {
			if c.Only == nil || c.Only.MatchString(spec.Name) {
				works = append(works, func(ctx context.Context, dir string) Result { return c.runCase(ctx, f, spec, dir) })
			}
		}
	}
	return inOrder(ctx, max(c.Parallel, 1), len(works), func(ctx context.Context, i int) Result {
		return works[i](ctx, filepath.Join(scratch, fmt.Sprint(i)))
	}, tell)
}

// inOrder has run called for 0 to n-1, in this order and parallel of them at
// one time, and tells of the results in the same order. A result that is not
// told when ctx ends is not told any more.
func inOrder(ctx context.Context, parallel, n int, run func(context.Context, int) Result, tell func(Result) error) error {
	results := make([]chan Result, n)
	for i := range results {
		results[i] = make(chan Result, 1)
	}
	var running sync.WaitGroup
	defer running.Wait()
	over, cancel := context.WithCancel(ctx)
	defer cancel()
	var begun atomic.Int64
	for range min(parallel, n) {
		running.Go(func() {
			for i := int(begun.Add(1)) - 1; i < n && over.Err() == nil; i = int(begun.Add(1)) - 1 {
				results[i] <- run(over, i)
			}
		})
	}
	for _, r := range results {
		select {
		case one := <-r:
			if ctx.Err() != nil {
				return ErrInterrupted
			}
			if err := tell(one); err != nil {
				return err
			}
		case <-ctx.Done():
			return ErrInterrupted
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
	b, err := c.newBench(c.start(), dir)
	if err != nil {
		return nil, failed(err)
	}
	if err := b.run(ctx, false, b.program(f, nil)); err != nil {
		r := failed(err)
		r.Log = b.lines
		return nil, r
	}
	if len(b.cases) == 0 {
		return nil, failed(fmt.Errorf("%s has no test: write hik.test.case(name, function() ... end)", f.Name))
	}
	return b.cases, nil
}

// runCase runs one test on a site of its own.
func (c Config) runCase(ctx context.Context, f File, spec luaapi.TestCase, dir string) (r Result) {
	r = Result{File: f.Name, Name: spec.Name}
	watch := clock.NewStopwatch()
	defer func() {
		if p := recover(); p != nil {
			r.Failures = append(r.Failures, Failure{Message: fmt.Sprintf("internal error: %v", p), Below: string(debug.Stack())})
		}
		r.Took = watch.Elapsed()
	}()
	from := spec.From
	if from.IsZero() {
		from = c.start()
	}
	b, err := c.newBench(from, dir)
	if err != nil {
		r.Failures = []Failure{failureOf(err)}
		return r
	}
	ran := false
	err = b.run(ctx, true, b.program(f, func(L *lua.LState) error {
		b.testing = true
		for _, one := range b.cases {
			if one.Name == spec.Name {
				ran = true
				_, err := sandbox.Call(L, one.Fn, 0)
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
		r.Failures = append(r.Failures, Failure{Place: spec.Place, Message: "the test was not there when the file ran once more"})
	}
	if !spec.AllowErrors {
		r.Failures = append(r.Failures, b.failures...)
	}
	return r
}

func failureOf(err error) Failure {
	r := runtime.Report(err)
	return Failure{Place: r.Place(), Message: r.Message, Below: r.Hint}
}
