// Package site reads a site folder's site.yaml.
//
// Load parses the file into YAML nodes, which know their line and column, and
// walks them with a table of keys for each map (see schema.go). The same
// tables give [Keys], so that the guide, `hiklua check` and the parser cannot
// tell different stories. All problems are reported, each one line with its
// place; a Site is only returned when there is none.
//
// The package does no network I/O, keeps no state and starts nothing. The only
// files it opens are site.yaml and the password files that it names. Passwords
// leave it as isapi.Secret and are never part of a message: where a value came
// from the environment, a message shows the text of site.yaml, not the value.
package site
