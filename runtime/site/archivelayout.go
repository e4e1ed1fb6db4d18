package site

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/runtime/nearest"
)

// LayoutWords are the words that may stand in braces in archive.layout.
var LayoutWords = []string{"device", "channel", "name", "label", "event", "date", "time", "year", "month", "day", "hour", "minute", "second"}

var layoutWord = regexp.MustCompile(`\{([^{}]*)\}`)

func readLayout(r *reader, n *yaml.Node, a *Archive) {
	text, ok := r.scalar(n)
	if !ok {
		return
	}
	has := make(map[string]bool)
	for _, word := range layoutWord.FindAllStringSubmatch(text, -1) {
		has[word[1]] = true
		if !slices.Contains(LayoutWords, word[1]) {
			hint := "known: " + strings.Join(LayoutWords, ", ")
			if near := nearest.Word(word[1], LayoutWords); near != "" {
				hint = fmt.Sprintf("did you mean {%s}?", near)
			}
			r.fail(n, "unknown word {%s} (%s)", strings.Trim(quoted(word[1]), `"`), hint)
			return
		}
	}
	bare := layoutWord.ReplaceAllString(text, "x")
	switch {
	case strings.ContainsAny(bare, "{}"):
		r.fail(n, "%s has a brace without its partner", shown(n))
	case strings.ContainsAny(bare, `\:*?"<>|`) || !filepath.IsLocal(filepath.FromSlash(bare)) || slices.Contains(strings.Split(bare, "/"), ".."):
		r.fail(n, "%s must be a path below the archive, with / between folders", shown(n))
	case !strings.HasSuffix(text, ".jpg"):
		r.fail(n, "%s does not end in .jpg", shown(n))
	case !has["time"] && !(has["hour"] && has["minute"] && has["second"]):
		r.fail(n, "%s has no {time}: pictures would be told apart by a number only", shown(n))
	case !has["date"] && !(has["year"] && has["month"] && has["day"]):
		r.fail(n, "%s has no {date}: pictures of all days would have the same names", shown(n))
	default:
		a.Layout = text
	}
}

// checkCollisions reports two channels whose pictures would lie among each
// other; n is the layout, or the archive that has none of its own.
func (r *reader) checkCollisions(n *yaml.Node, s *Site) {
	taken, folded := make(map[string]string), make(map[string]string)
	for _, d := range s.Devices {
		for _, c := range s.Archive.channelsOf(&d) {
			number := strconv.Itoa(c.Address)
			values := map[string]string{"device": d.Name, "channel": number, "name": cmp.Or(c.Name, number)}
			path := layoutWord.ReplaceAllStringFunc(s.Archive.Layout, func(word string) string {
				return values[strings.Trim(word, "{}")]
			})
			who, small := d.Name+"/"+values["name"], strings.ToLower(path)
			if other, twice := taken[path]; twice {
				r.fail(n, "%q gives pictures of %s and %s the same names (it needs {device} and {channel})", s.Archive.Layout, other, who)
				return
			}
			if other, twice := folded[small]; twice {
				r.warn(n, fmt.Sprintf("where capitals make no difference to file names, pictures of %s and %s lie in one folder", other, who))
			}
			taken[path], folded[small] = who, who
		}
	}
}

// channelsOf are the channels of a device as far as site.yaml knows them: two at
// least where it speaks of all of them.
func (a *Archive) channelsOf(d *Device) []Channel {
	list := slices.Clone(d.Channels)
	add := func(number int) {
		if !slices.ContainsFunc(list, func(c Channel) bool { return c.Address == number }) {
			list = append(list, Channel{Address: number})
		}
	}
	for _, s := range a.Schedules {
		for _, pattern := range s.Channels {
			device, channel, _ := strings.Cut(pattern, "/")
			if device != d.Name && device != "*" {
				continue
			}
			if number, err := strconv.Atoi(channel); err == nil {
				add(number)
			} else if device == d.Name && channel == "*" {
				add(1)
				add(2)
			}
		}
	}
	if len(list) == 0 {
		add(1)
	}
	return list
}
