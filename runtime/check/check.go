package check

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/yuin/gopher-lua/parse"

	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/scripts"
)

// checker looks at one site.
type checker struct {
	dir         string // of site.yaml, scripts/ and lib/
	home        string // the site's, which all else is relative to
	report      *Report
	saved       *site.Saved // what the devices told; nil: it is not known
	rehearsal   *rehearsal
	environment *environment

	modules map[string]bool // of lib/, as require names them
	shared  map[string]bool // globals that a module sets: those of its script too
	globals map[string]bool // globals that any file sets
	fields  map[string]bool // "string.trim": that any file adds to a library
	touched map[string]bool // globals that a module reads or sets
	reflect bool            // a module may read globals in ways that can't be followed

	madePresets presetNames // that scripts set themselves
	hooks       hooks
	scripts     []string             // files of scripts/, by name
	mentions    map[string]*mentions // by file
}

// Site looks at the site in a folder. env looks up what ${NAME} in site.yaml
// stands for. With simulate, user names and passwords are not looked up.
// Everything that is wrong is in the report; nothing is an error.
func Site(dir string, env func(string) (string, bool), simulate bool) *Report {
	return SiteFrom(dir, dir, env, simulate)
}

// SiteFrom is Site of the site in dir whose site.yaml, scripts/ and lib/ lie in
// another folder. Only in its own folder is it compared with what was saved of the
// devices, which is no part of a release.
func SiteFrom(source, dir string, env func(string) (string, bool), simulate bool) *Report {
	c := newChecker(source, dir)
	s := c.siteFile(env, simulate)
	if source == dir {
		c.savedFile(s, env)
	}
	if info, err := os.Stat(source); err != nil || !info.IsDir() {
		return c.report
	}
	c.look(s)
	c.shareScripts(s)
	c.report.sort()
	return c.report
}

func newChecker(source, dir string) *checker {
	return &checker{
		dir: source, home: dir, report: &Report{}, mentions: make(map[string]*mentions),
		modules: make(map[string]bool), shared: make(map[string]bool), globals: make(map[string]bool), fields: make(map[string]bool), touched: make(map[string]bool),
	}
}

// look looks at the Lua files of the site; s is nil if it could not be read.
func (c *checker) look(s *site.Site) {
	c.rehearsal = newRehearsal(c.home, s, c.saved)
	defer c.rehearsal.close()
	c.environment = newEnvironment(c.rehearsal.L)

	for _, p := range site.PassedOver(c.dir) {
		c.add(p, true)
	}
	own, others, tests := c.files("scripts", false), c.files("lib", true), c.files("tests", true)
	c.scripts, c.report.Modules = own, len(others)
	for _, file := range others {
		c.modules[moduleOf(file)] = true
	}
	var sources []*source
	for _, file := range slices.Concat(own, others, tests) {
		source := c.read(file)
		if source == nil {
			continue
		}
		sources = append(sources, source)
		for name := range source.globals {
			c.globals[name] = true
			if strings.HasPrefix(file, "lib/") {
				c.shared[name] = true
			}
		}
		for name := range source.fields {
			c.fields[name] = true
		}
		c.madePresets.add(source.madePresets)
		if strings.HasPrefix(file, "lib/") {
			c.reflect = c.reflect || source.reflect
			for name := range source.touched {
				c.touched[name] = true
			}
		}
	}
	for _, source := range sources {
		w := &walker{source: source, checker: c, library: strings.HasPrefix(source.file, "lib/"), test: strings.HasPrefix(source.file, "tests/")}
		c.rehearsal.host.testing = w.test || w.library
		c.report.Findings = append(c.report.Findings, w.look()...)
		c.mentions[source.file] = &w.mentions
	}
	c.unheardHooks(s)
}

// siteFile reads site.yaml; nil if it is wrong. If only secrets are missing, the
// names in it are known all the same.
func (c *checker) siteFile(env func(string) (string, bool), simulate bool) *site.Site {
	load := site.LoadFrom
	if simulate {
		load = site.LoadSimulatedFrom
	}
	s, err := load(c.dir, c.home, env)
	if err != nil {
		loaded := err
		s, err = site.LoadSimulatedFrom(c.dir, c.home, env)
		c.addSite(loaded, err)
		if err != nil {
			c.report.Unchecked = true
			return nil
		}
	}
	for _, p := range s.Warnings {
		c.add(p, true)
	}
	for _, p := range s.Unserved {
		c.add(p, false)
	}
	c.report.Devices, c.report.Cluster = len(s.Devices), s.Cluster
	for _, d := range s.Devices {
		c.report.Channels += len(d.Channels)
	}
	return s
}

// addSite adds what is wrong with site.yaml; left is what is wrong also where
// all devices are simulated.
func (c *checker) addSite(err, left error) {
	var problems, stay site.Problems
	if !errors.As(err, &problems) {
		c.add(site.Problem{File: site.FileName, Message: err.Error()}, false)
	}
	errors.As(left, &stay)
	for _, p := range problems {
		if p.Variable != "" && !slices.Contains(stay, p) {
			p.Message += " (--simulate checks without)"
		}
		c.add(p, false)
	}
}

func (c *checker) add(p site.Problem, warning bool) {
	c.report.Findings = append(c.report.Findings, Finding{p, warning})
}

// files lists the Lua files of a folder in the order of their names, those of
// folders in it too if deep is set. A script that is switched off is counted.
func (c *checker) files(folder string, deep bool) []string {
	var list []string
	root := filepath.Join(c.dir, folder)
	if target, err := filepath.EvalSymlinks(root); err == nil {
		root = target // the folder may be a link
	}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := e.Name()
		if e.IsDir() {
			if path != root && (!deep || strings.HasPrefix(name, ".")) {
				if folder == "scripts" && strings.HasSuffix(name, ".lua") && !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, ".") {
					list = append(list, folder+"/"+name) // the host refuses it
				}
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".lua") || strings.HasPrefix(name, ".") {
			return nil
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		file := folder + "/" + filepath.ToSlash(relative)
		switch {
		case folder == "scripts" && strings.HasPrefix(name, "_"):
			c.report.Off++
		case folder == "tests" && !strings.HasSuffix(name, "_test.lua"):
			c.add(site.Problem{File: file, Message: "is not run: names of tests end with _test.lua, modules go into lib/"}, true)
		default:
			list = append(list, file)
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.add(site.Problem{File: folder, Message: reason(err)}, false)
	}
	if folder == "scripts" {
		c.report.Scripts = len(list)
	}
	if folder == "tests" {
		c.report.Tests = len(list)
	}
	return list
}

// read parses a file and makes the first walk; nil if that is not possible.
func (c *checker) read(file string) *source {
	var text []byte
	fail := func(line, col int, message string) *source {
		if line > 0 && col == 0 {
			col = columnOf(text, line, strings.Contains(message, "end of file"))
		}
		c.add(site.Problem{File: file, Line: line, Col: col, Message: message}, false)
		return nil
	}
	path := filepath.Join(c.dir, filepath.FromSlash(file))
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fail(0, 0, "is not a file, and is left alone")
	}
	var err error
	if text, err = os.ReadFile(path); err != nil {
		return fail(0, 0, reason(err))
	}
	if _, err := sandbox.Compile(text, file); err != nil {
		if e, ok := errors.AsType[*sandbox.SyntaxError](err); ok {
			return fail(max(e.Line, 1), e.Col, strings.ToValidUTF8(e.Message, "?"))
		}
		return fail(1, 1, err.Error())
	}
	for _, d := range sandbox.Doubts(text, file) {
		c.add(site.Problem{File: file, Line: d.Line, Col: d.Col, Message: d.Message}, true)
	}
	text = sandbox.Plain(text)
	chunk, err := parse.Parse(bytes.NewReader(text), file) // Compile has made another tree of its own
	if err != nil {
		return fail(0, 0, err.Error())
	}
	return resolve(file, text, chunk)
}

// columnOf is where a line begins to say something, or where it ends.
func columnOf(text []byte, line int, end bool) int {
	lines := bytes.Split(text, []byte("\n"))
	if line > len(lines) {
		return 1
	}
	written := bytes.TrimRight(lines[line-1], "\r")
	if end {
		return utf8.RuneCount(written) + 1
	}
	return len(written) - len(bytes.TrimLeft(written, " \t")) + 1
}

// moduleOf is the name that require takes for a file of lib/.
func moduleOf(file string) string {
	name := strings.TrimSuffix(strings.TrimPrefix(file, "lib/"), ".lua")
	return strings.ReplaceAll(strings.TrimSuffix(name, "/init"), "/", ".")
}

// moduleNames are all that require finds.
func (c *checker) moduleNames() []string {
	list := append([]string{"hik"}, scripts.Names()...)
	for name := range c.modules {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// reason is an error of the file system without the path, which stands before
// it already.
func reason(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err.Error()
	}
	return err.Error()
}
