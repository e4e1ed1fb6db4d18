package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/luatest"
	"github.com/hiklua/hiklua/runtime/site"
)

func newTestCommand(a *app) *cobra.Command {
	format := newEnumFlag("text", "text", "tap", "junit")
	var only string
	c := &cobra.Command{
		Use:   "test [SITE] [--run PATTERN] [--format text|tap|junit]",
		Short: "Run the tests of a site's scripts, in seconds",
		Long: `Runs the tests of a site (default: the current folder), the files *_test.lua in
tests/ and its folders. Each test gets a site of its own: its scripts and jobs
run as they do in a host, but against simulated devices and in a time that passes
only while the test waits, so that a night takes milliseconds. Nothing leaves this machine, and nothing in
the site's folder is touched. Exit status 1 if a test fails.`,
		Example: `  {hiklua} test
  {hiklua} test --run "night tour"
  {hiklua} test --format junit > tests.xml`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} rehearse SITE shows a whole week of a site.`),
		RunE: func(c *cobra.Command, args []string) error {
			return a.test(c.Context(), siteArg(args), only, format.value)
		},
	}
	c.Flags().StringVar(&only, "run", "", "only the tests whose name has this `PATTERN` in it: a text, or a regular expression")
	c.Flags().Var(format, "format", "`FORM` of the result: text, tap, or junit")
	return c
}

func (a *app) test(ctx context.Context, dir, only, format string) error {
	var pattern *regexp.Regexp
	if only != "" {
		text := "(?i)" + regexp.QuoteMeta(only)
		var err error
		if pattern, err = regexp.Compile(text + "|" + only); err != nil {
			pattern = regexp.MustCompile(text)
		}
	}
	s, err := a.loadSite(dir, true)
	if err != nil {
		return err
	}
	files, err := luatest.Files(s.Dir)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return &failure{fmt.Sprintf("no tests in %s: they are files such as tests/night_test.lua, with hik.test.case(name, function() ... end)", dir)}
	}
	defer collectLess()()
	watch := clock.NewStopwatch()
	conf := luatest.Config{
		Site: s, Version: version(), Getenv: a.env, Only: pattern, Parallel: runtime.GOMAXPROCS(0),
		Device: func(d site.Device, clk clock.Clock) *sim.Device { return sim.New(rehearsedOptions(d, clk)) },
	}
	out := luatest.NewReport(format, a.stdout)
	err = conf.Run(ctx, files, out.Tell)
	if ended := out.End(watch.Elapsed()); err == nil || ended != nil {
		err = ended
	}
	switch {
	case errors.Is(err, luatest.ErrInterrupted):
		return &failure{err.Error()}
	case err != nil:
		return err
	case out.Ran == 0:
		return &failure{fmt.Sprintf("no test has %s in its name", strings.TrimSpace(only))}
	case out.Failed > 0:
		return errTold
	}
	return nil
}
