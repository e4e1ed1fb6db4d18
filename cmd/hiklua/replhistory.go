package main

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/cmd/hiklua/lineedit"
)

// historyLines is how many lines of earlier sessions are kept.
const historyLines = 1000

// secretLine finds lines that may hold a password; they are not written down.
var secretLine = regexp.MustCompile(`(?i)passw|secret|://[^/\s"']*:[^/\s"']*@`)

// history is what was typed, in memory and in a file of the user's own, one
// entry a line, quoted as Go does. It is touched by the line editor only.
type history struct {
	file  string // "": memory only
	lines []string
}

var _ lineedit.History = (*history)(nil)

// historyFile is where the history lies: the user's folder for state. "" if
// there is none.
func historyFile(env func(string) (string, bool)) string {
	if dir, ok := env("XDG_STATE_HOME"); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "hiklua", "repl_history")
	}
	if dir, ok := env("LOCALAPPDATA"); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "hiklua", "repl_history")
	}
	if dir, ok := env("HOME"); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, ".local", "state", "hiklua", "repl_history")
	}
	return ""
}

// openHistory reads the file. One that can't be read or written is left out:
// the session works without it.
func openHistory(file string) *history {
	h := &history{}
	if file == "" || os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return h
	}
	h.read(file)
	if len(h.lines) > historyLines {
		h.lines = h.lines[len(h.lines)-historyLines:]
	}
	if h.rewrite(file) == nil {
		h.file = file
	}
	return h
}

func (h *history) read(file string) {
	f, err := os.Open(file)
	if err != nil {
		return
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if text, err := strconv.Unquote(lines.Text()); err == nil && text != "" {
			h.lines = append(h.lines, text)
		}
	}
}

// rewrite makes the file anew, which also keeps others from reading it.
func (h *history) rewrite(file string) error {
	var b strings.Builder
	for _, text := range h.lines {
		b.WriteString(strconv.Quote(text) + "\n")
	}
	beside, err := os.CreateTemp(filepath.Dir(file), ".repl_history-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = beside.WriteString(b.String())
	if err = errors.Join(err, beside.Close()); err == nil {
		err = os.Rename(beside.Name(), file)
	}
	if err != nil {
		os.Remove(beside.Name())
	}
	return err
}

// Add implements lineedit.History.
func (h *history) Add(text string) {
	text = strings.TrimSpace(text)
	if text == "" || isCommand(text) || len(h.lines) > 0 && h.lines[len(h.lines)-1] == text {
		return
	}
	h.lines = append(h.lines, text)
	if h.file == "" || secretLine.MatchString(text) {
		return
	}
	f, err := os.OpenFile(h.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(strconv.Quote(text) + "\n")
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		h.file = "" // a full disk is no reason to disturb the session
	}
}

// Lines implements lineedit.History.
func (h *history) Lines() []string { return h.lines }
