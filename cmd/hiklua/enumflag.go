package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/hiklua/hiklua/runtime/nearest"
)

// enumFlag is a flag that takes one of a few words.
type enumFlag struct {
	value string
	known []string
}

var _ pflag.Value = (*enumFlag)(nil)

func newEnumFlag(value string, known ...string) *enumFlag { return &enumFlag{value, known} }

// String implements pflag.Value.
func (f *enumFlag) String() string { return f.value }

// Type implements pflag.Value; help shows it.
func (f *enumFlag) Type() string { return strings.Join(f.known, "|") }

// Set implements pflag.Value.
func (f *enumFlag) Set(text string) error {
	if slices.Contains(f.known, text) {
		f.value = text
		return nil
	}
	return &unknownValue{text, f.known}
}

// unknownValue is the error of a word that is none of those known.
type unknownValue struct {
	text  string
	known []string
}

func (u *unknownValue) Error() string {
	if near := u.near(); near != "" {
		return fmt.Sprintf("%q is not known (did you mean %q?)", u.text, near)
	}
	return fmt.Sprintf("%q is none of %s", u.text, strings.Join(u.known, ", "))
}

func (u *unknownValue) near() string { return nearest.Word(u.text, u.known) }
