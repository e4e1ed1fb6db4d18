package index

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// The lines of a manifest. What sha256sum has to check stands as it writes it,
// everything else in comments, which it passes over:
//
//	# hiklua manifest 2026-03-04 of archive 8c1f…
//	# previous 2026-03-03 4be0…
//	9f86…  gate/yard/2026-03-04/06-00-00.jpg
//	# removed 5d41…  gate/yard/2026-02-02/06-00-00.jpg  (older than 30d)
//	# left 7d79…  gate/yard/2026-02-02/06-15-00.jpg  (changed since it was written)
//	# dropped 2026-01-01 a3f5…
const (
	prefixTitle    = "# hiklua manifest "
	prefixPrevious = "# previous "
	prefixRemoved  = "# removed "
	prefixLeft     = "# left "
	prefixDropped  = "# dropped "
)

// noDay stands for a day or a hash that is none.
const noDay = "none"

// listLine is the line of a picture. A name with a backslash or a line break is
// written as sha256sum does.
func listLine(sum [sha256.Size]byte, path string) string {
	mark := ""
	if strings.ContainsAny(path, "\\\n\r") {
		mark, path = `\`, escaper.Replace(path)
	}
	return mark + hex.EncodeToString(sum[:]) + "  " + path + "\n"
}

var (
	escaper   = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)
	unescaper = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r")
)

func goneLine(prefix string, sum [sha256.Size]byte, path, why string) string {
	return prefix + strings.TrimSuffix(listLine(sum, path), "\n") + "  (" + why + ")\n"
}

// line is what a line of a manifest says.
type line struct {
	kind string // a prefix; "": a picture is listed
	sum  [sha256.Size]byte
	path string
	day  string // of previous and dropped
	hash string // of these
}

// parseLine reads a line without its end. ok is false for one that says nothing:
// the comment of a person, or half a line.
func parseLine(text string) (l line, ok bool) {
	for _, prefix := range []string{prefixPrevious, prefixDropped} {
		if rest, found := strings.CutPrefix(text, prefix); found {
			l.kind = prefix
			l.day, l.hash, ok = strings.Cut(rest, " ")
			return l, ok
		}
	}
	for _, prefix := range []string{prefixRemoved, prefixLeft} {
		if rest, found := strings.CutPrefix(text, prefix); found {
			l.kind, text = prefix, rest
			if i := strings.LastIndex(text, "  ("); i >= 0 {
				text = text[:i]
			}
		}
	}
	text, escaped := strings.CutPrefix(text, `\`)
	if len(text) < 2*sha256.Size+3 || text[2*sha256.Size:][:2] != "  " {
		return line{}, false
	}
	if _, err := hex.Decode(l.sum[:], []byte(text[:2*sha256.Size])); err != nil {
		return line{}, false
	}
	if l.path = text[2*sha256.Size+2:]; escaped {
		l.path = unescaper.Replace(l.path)
	}
	return l, true
}
