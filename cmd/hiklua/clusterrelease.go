package main

import (
	"errors"
	"strings"

	"github.com/hiklua/hiklua/runtime/check"
	"github.com/hiklua/hiklua/runtime/site"
)

// checkRelease says what the command check would refuse of the scripts in a folder
// whose site is in dir. What is wrong with site.yaml is said by those who load it: what
// keeps the page of a host from being served is no reason not to run the release there.
func (a *app) checkRelease(dir string, simulate bool) func(source string) error {
	return func(source string) error {
		var lines []string
		for _, f := range check.SiteFrom(source, dir, a.env, simulate).Findings {
			if !f.Warning && f.File != site.FileName {
				lines = append(lines, f.String())
			}
		}
		if len(lines) == 0 {
			return nil
		}
		return errors.New(strings.Join(lines, "\n"))
	}
}
