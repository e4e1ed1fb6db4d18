package cluster

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hiklua/hiklua/runtime/site"
)

// maxPath bounds a path of a release.
const maxPath = 200

// checkPath says why a path may not be in a release. One that may is site.yaml or
// lies below scripts/ or lib/, and is the same file on every system.
func checkPath(name string) error {
	odd := func(why string) error {
		return fmt.Errorf("%q can't be in a release: %s", name, why)
	}
	top, _, below := strings.Cut(name, "/")
	switch {
	case name == site.FileName:
		return nil
	case !below || top != "scripts" && top != "lib":
		return odd("only site.yaml, scripts/ and lib/ are")
	case len(name) > maxPath:
		return odd(fmt.Sprintf("the path is longer than %d bytes", maxPath))
	case !utf8.ValidString(name) || !fs.ValidPath(name):
		return odd("it is no plain path")
	}
	for part := range strings.SplitSeq(name, "/") {
		switch base, _, _ := strings.Cut(strings.ToUpper(part), "."); {
		case strings.HasPrefix(part, "."):
			return odd("a name begins with a dot")
		case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " ") || strings.HasPrefix(part, " "):
			return odd("a name begins or ends with a space, or ends with a dot")
		case strings.ContainsFunc(part, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(`<>:"\|?*`, r) }):
			return odd(`a name has a control character or one of < > : " \ | ? *`)
		case deviceNames[base]:
			return odd("Windows has a device of that name")
		}
	}
	return nil
}

// deviceNames are no names of files on Windows, with whatever ending.
var deviceNames = map[string]bool{
	"CON": true, "PRN": true, "AUX": true, "NUL": true,
	"COM1": true, "COM2": true, "COM3": true, "COM4": true, "COM5": true, "COM6": true, "COM7": true, "COM8": true, "COM9": true,
	"LPT1": true, "LPT2": true, "LPT3": true, "LPT4": true, "LPT5": true, "LPT6": true, "LPT7": true, "LPT8": true, "LPT9": true,
}

// passedOver reports whether a file is none of a release without a word: what editors
// and file managers leave behind.
func passedOver(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, ".") || strings.HasSuffix(base, "~") || strings.HasPrefix(base, "#")
}
