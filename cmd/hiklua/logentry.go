package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// logFilter says which lines of a log are wanted. What is empty asks for nothing.
type logFilter struct {
	Level  slog.Level `json:"level"` // and those above
	Script string     `json:"script,omitempty"`
	Device string     `json:"device,omitempty"`
	Since  time.Time  `json:"since,omitzero"`
	Before time.Time  `json:"before,omitzero"`
}

// takes reports whether an entry is wanted.
func (f logFilter) takes(e *logEntry) bool {
	return e.Level >= f.Level && (f.Script == "" || string(e.Script) == f.Script) && (f.Device == "" || string(e.Device) == f.Device) &&
		!e.Time.Before(f.Since) && (f.Before.IsZero() || e.Time.Before(f.Before))
}

// logEntry is a line of a log, with what stands below it.
type logEntry struct {
	Time           time.Time
	Level          slog.Level
	Script, Device keyText
	line           []byte // of slog's JSON; nil: it was written as text
	text           string
}

// keyText is the value of a key of a line. What a script logs need not be text.
type keyText string

// UnmarshalJSON implements json.Unmarshaler.
func (k *keyText) UnmarshalJSON(value []byte) error {
	if json.Unmarshal(value, (*string)(k)) != nil {
		*k = keyText(value)
	}
	return nil
}

// jsonEntry reads a line of slog's JSON.
func jsonEntry(line []byte) (*logEntry, error) {
	e := &logEntry{line: bytes.Clone(bytes.TrimSpace(line))}
	return e, json.Unmarshal(line, e)
}

var (
	// textHead is what a line of a log file in text begins with.
	textHead = regexp.MustCompile(`^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) (DBG|INF|WRN|ERR)\S* `)
	textKey  = regexp.MustCompile(`\s(script|device)=("(?:[^"\\]|\\.)*"|\S*)`)
)

var textLevels = map[string]slog.Level{"DBG": slog.LevelDebug, "INF": slog.LevelInfo, "WRN": slog.LevelWarn, "ERR": slog.LevelError}

// textEntry reads the first line of an entry in text, its times in zone; nil:
// it is none.
func textEntry(line string, zone *time.Location) *logEntry {
	m := textHead.FindStringSubmatch(line)
	if m == nil {
		return nil
	}
	at, err := time.ParseInLocation(fileTime, m[1], zone)
	if err != nil {
		return nil
	}
	return &logEntry{Time: at, Level: textLevels[m[2]], text: line}
}

// complete reads the keys of an entry in text. A message may look like one: the
// keys stand behind it.
func (e *logEntry) complete() {
	for _, m := range textKey.FindAllStringSubmatch(e.text, -1) {
		value := keyText(m[2])
		if text, err := strconv.Unquote(m[2]); err == nil {
			value = keyText(text)
		}
		if m[1] == scriptKey {
			e.Script = value
		} else {
			e.Device = value
		}
	}
}

// asJSON is the entry as slog writes it: of text, the message has all that it
// told.
func (e *logEntry) asJSON() ([]byte, error) {
	if e.line != nil {
		return e.line, nil
	}
	return json.Marshal(struct {
		Time    time.Time  `json:"time"`
		Level   slog.Level `json:"level"`
		Message string     `json:"msg"`
		Script  keyText    `json:"script,omitempty"`
		Device  keyText    `json:"device,omitempty"`
	}{e.Time, e.Level, strings.TrimSpace(e.text[len(textHead.FindString(e.text)):]), e.Script, e.Device})
}

// readLogFile gives the wanted entries of a log file and of those that were set
// aside before it, the oldest first. found: there is such a file.
func readLogFile(path string, zone *time.Location, f logFilter, show func(*logEntry) error) (found bool, err error) {
	log := logFile{path: path}
	var files []io.Reader
	for n := logFileKept; n >= 0; n-- {
		name := path
		if n > 0 {
			name = log.aside(n)
		}
		file, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return true, err
		}
		defer file.Close()
		if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
			return true, errors.Join(err, fmt.Errorf("%s is no file", name))
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return false, nil
	}
	return true, readLog(io.MultiReader(files...), zone, f, show)
}

// readLog gives the wanted entries of a log, which may change from text to JSON
// and back.
func readLog(r io.Reader, zone *time.Location, f logFilter, show func(*logEntry) error) error {
	var open *logEntry // in text: lines below it may come
	end := func() error {
		e := open
		open = nil
		if e == nil {
			return nil
		}
		if e.complete(); !f.takes(e) {
			return nil
		}
		return show(e)
	}
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadBytes('\n')
		var whole *logEntry
		next := textEntry(string(line), zone)
		if bytes.HasPrefix(line, []byte("{")) {
			if e, err := jsonEntry(line); err == nil && !e.Time.IsZero() {
				whole = e
			}
		}
		if next != nil || whole != nil || err != nil && len(line) == 0 {
			if err := end(); err != nil {
				return err
			}
		}
		switch {
		case next != nil:
			open = next
		case whole != nil && f.takes(whole):
			if err := show(whole); err != nil {
				return err
			}
		case whole == nil && open != nil:
			open.text += string(line)
		}
		switch {
		case err == io.EOF:
			return end()
		case err != nil:
			return err
		}
	}
}
