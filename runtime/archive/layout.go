package archive

import (
	"fmt"
	"hash/fnv"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Layout makes the path of a picture from what is known of it.
type Layout struct{ elements [][]piece }

// piece is a word of a layout, or what stands between words.
type piece struct{ word, text string }

// words are what may stand in braces.
var words = map[string]func(e *Entry, t time.Time) string{
	"device":  func(e *Entry, _ time.Time) string { return e.Device },
	"channel": func(e *Entry, _ time.Time) string { return strconv.Itoa(e.Channel) },
	"name": func(e *Entry, _ time.Time) string {
		if e.Name == "" {
			return strconv.Itoa(e.Channel)
		}
		return e.Name
	},
	"label":  func(e *Entry, _ time.Time) string { return e.Label },
	"event":  func(e *Entry, _ time.Time) string { return e.Event },
	"date":   format("2006-01-02"),
	"time":   format("15-04-05"),
	"year":   format("2006"),
	"month":  format("01"),
	"day":    format("02"),
	"hour":   format("15"),
	"minute": format("04"),
	"second": format("05"),
}

func format(layout string) func(*Entry, time.Time) string {
	return func(_ *Entry, t time.Time) string { return t.Format(layout) }
}

var braced = regexp.MustCompile(`\{([a-z]+)\}`)

// ParseLayout reads a layout such as "{device}/{channel}/{date}/{time}.jpg".
// Package site has checked what people write.
func ParseLayout(text string) (*Layout, error) {
	l := &Layout{}
	for _, element := range strings.Split(text, "/") {
		var pieces []piece
		last := 0
		for _, at := range braced.FindAllStringSubmatchIndex(element, -1) {
			word := element[at[2]:at[3]]
			if words[word] == nil {
				return nil, fmt.Errorf("layout %q: unknown word {%s}", text, word)
			}
			if at[0] > last {
				pieces = append(pieces, piece{text: element[last:at[0]]})
			}
			pieces = append(pieces, piece{word: word})
			last = at[1]
		}
		if last < len(element) {
			pieces = append(pieces, piece{text: element[last:]})
		}
		if len(pieces) > 0 && element != "." {
			l.elements = append(l.elements, pieces)
		}
	}
	if len(l.elements) == 0 {
		return nil, fmt.Errorf("layout %q names no file", text)
	}
	return l, nil
}

// Path is where the picture of e goes, below the archive's folder and with
// slashes; zone has the time of day.
func (l *Layout) Path(e *Entry, zone *time.Location) string {
	t := e.Taken.In(zone)
	var list []string
	for i, pieces := range l.elements {
		name, ext := expand(pieces, e, t), ""
		if i == len(l.elements)-1 {
			ext = path.Ext(name)
			name = strings.TrimSuffix(name, ext)
		}
		if name == "" && ext == "" {
			continue // a folder of which nothing is known
		}
		list = append(list, safe(name, ext))
	}
	return strings.Join(list, "/")
}

// separators stand between words. A word that is empty takes those before it
// with it, or at the beginning of a name those behind.
const separators = "-_. "

func expand(pieces []piece, e *Entry, t time.Time) string {
	name, hungry := "", false
	for _, p := range pieces {
		text := p.text
		if p.word != "" {
			text = plain(words[p.word](e, t))
			if text == "" {
				name = strings.TrimRight(name, separators)
				hungry = name == ""
				continue
			}
		}
		if hungry {
			text = strings.TrimLeft(text, separators)
		}
		hungry = hungry && text == ""
		name += text
	}
	return name
}

// plain leaves nothing in a name that a file system may refuse or read as a
// path.
func plain(text string) string {
	return strings.Map(func(c rune) rune {
		if c == utf8.RuneError || !unicode.IsPrint(c) || strings.ContainsRune(`/\:*?"<>|`, c) {
			return '_'
		}
		return c
	}, text)
}

const (
	// maxName is the longest name of a file that file systems have, in bytes.
	maxName = 255
	// numberRoom is what a number behind a name may take.
	numberRoom = 8
)

var reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])$`)

// safe makes one name of a path such that every file system takes it: Windows
// has names of its own and drops dots and spaces at an end; a dot in front
// hides a file.
func safe(name, ext string) string {
	if trimmed := strings.TrimRight(name, ". "); trimmed != name {
		name = trimmed + "_"
	}
	stem, _, _ := strings.Cut(name, ".")
	if strings.HasPrefix(name, ".") || name == "" || reserved.MatchString(strings.TrimRight(stem, " ")) {
		name = "_" + name
	}
	if most := maxName - numberRoom - len(ext); len(name) > most {
		sum := fnv.New32a()
		sum.Write([]byte(name))
		mark := fmt.Sprintf("~%08x", sum.Sum32()) // two long names may begin in the same way
		cut := most - len(mark)
		for !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut] + mark
	}
	return name + ext
}

// numbered is the path of the nth picture of one name.
func numbered(p string, n int) string {
	if n < 2 {
		return p
	}
	ext := path.Ext(p)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(p, ext), n, ext)
}
