package site

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/nearest"
)

// The functions of this file each make a field's read function: they parse one
// value, check it, and set what dst points at.

func wordField[T any, W ~string](dst func(*T) *W, words ...W) func(*reader, *yaml.Node, *T) {
	return func(r *reader, n *yaml.Node, into *T) {
		if word, ok := r.word(n, wordTexts(words)); ok {
			*dst(into) = W(word)
		}
	}
}

func wordTexts[W ~string](words []W) []string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return texts
}

func (r *reader) word(n *yaml.Node, words []string) (string, bool) {
	text, ok := r.scalar(n)
	if !ok {
		return "", false
	}
	if !slices.Contains(words, text) {
		r.fail(n, "%s is none of %s%s", shown(n), strings.Join(words, ", "), nearest.Hint(n.Value, words))
		return "", false
	}
	return text, true
}

// durationField reads a duration from least to most; a bare number counts bare.
func durationField[T any](dst func(*T) *time.Duration, bare, least, most time.Duration) func(*reader, *yaml.Node, *T) {
	parse := clock.ParseDuration
	if bare == time.Millisecond {
		parse = parseMilliseconds
	}
	return func(r *reader, n *yaml.Node, into *T) {
		if d, ok := r.duration(n, parse); ok && r.within(n, d, bare, least, most) {
			*dst(into) = d
		}
	}
}

// parseMilliseconds reads a duration whose bare number is milliseconds.
func parseMilliseconds(text string) (time.Duration, error) {
	if text != "" && strings.Trim(text, ".0123456789") == "" {
		text += "ms"
	}
	return clock.ParseDuration(text)
}

func (r *reader) duration(n *yaml.Node, parse func(string) (time.Duration, error)) (time.Duration, bool) {
	text, ok := r.scalar(n)
	if !ok {
		return 0, false
	}
	d, err := parse(text)
	var bad *clock.DurationError
	if errors.As(err, &bad) {
		r.fail(n, "%s %s", shown(n), bad.Reason)
	}
	return d, err == nil
}

func (r *reader) within(n *yaml.Node, d, bare, least, most time.Duration) bool {
	if d >= least && d <= most {
		return true
	}
	note := ""
	if bare == time.Millisecond && d < least && isDigits(n.Value) {
		note = " (a bare number is milliseconds here; seconds are written " + n.Value + "s)"
	}
	r.fail(n, "%s is outside %s to %s%s", shown(n), clock.FormatDuration(least), clock.FormatDuration(most), note)
	return false
}

func intField[T any](dst func(*T) *int, least, most int) func(*reader, *yaml.Node, *T) {
	return func(r *reader, n *yaml.Node, into *T) {
		if i, ok := r.integer(n, least, most); ok {
			*dst(into) = i
		}
	}
}

func (r *reader) integer(n *yaml.Node, least, most int) (int, bool) {
	text, ok := r.scalar(n)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(text)
	if err != nil && !isDigits(text) {
		r.fail(n, "%s is not a whole number", shown(n))
		return 0, false
	}
	if err != nil || i < least || i > most {
		r.fail(n, "%s is outside %d to %d", shown(n), least, most)
		return 0, false
	}
	return i, true
}

func numberField[T any](dst func(*T) *float64, least, most float64) func(*reader, *yaml.Node, *T) {
	return func(r *reader, n *yaml.Node, into *T) {
		text, ok := r.scalar(n)
		if !ok {
			return
		}
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) {
			r.fail(n, "%s is not a number", shown(n))
			return
		}
		if f < least || f > most {
			r.fail(n, "%s is outside %g to %g", shown(n), least, most)
			return
		}
		*dst(into) = f
	}
}

func sizeField[T any](dst func(*T) *int64, least int64, leastText string) func(*reader, *yaml.Node, *T) {
	return func(r *reader, n *yaml.Node, into *T) {
		text, ok := r.scalar(n)
		if !ok {
			return
		}
		size, err := ParseSize(text)
		switch {
		case err != nil:
			r.fail(n, "%s is not a size (such as 512MB, 200GB)", shown(n))
		case size < least:
			r.fail(n, "%s is less than %s", shown(n), leastText)
		default:
			*dst(into) = size
		}
	}
}
