package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/hiklua/hiklua/runtime/nearest"
)

// word is a flag that takes one of a few words.
type word struct {
	value string
	known []string
}

var _ pflag.Value = (*word)(nil)

func newWord(value string, known ...string) *word { return &word{value, known} }

// String implements pflag.Value.
func (w *word) String() string { return w.value }

// Type implements pflag.Value; help shows it.
func (w *word) Type() string { return strings.Join(w.known, "|") }

// Set implements pflag.Value.
func (w *word) Set(text string) error {
	if slices.Contains(w.known, text) {
		w.value = text
		return nil
	}
	return &unknownWord{text, w.known}
}

// unknownWord is a word that is none of those known.
type unknownWord struct {
	text  string
	known []string
}

func (u *unknownWord) Error() string {
	if near := u.near(); near != "" {
		return fmt.Sprintf("%q is not known (did you mean %q?)", u.text, near)
	}
	return fmt.Sprintf("%q is none of %s", u.text, strings.Join(u.known, ", "))
}

func (u *unknownWord) near() string { return nearest.Word(u.text, u.known) }
