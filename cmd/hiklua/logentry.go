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

	"github.com/hiklua/hiklua/runtime/api"
)

// logEntry is a line of a log, with what stands below it.
type logEntry struct {
	api.LogLine
	line []byte // of slog's JSON; nil: it was written as text
	text string
}

// jsonEntry reads a line of slog's JSON.
func jsonEntry(line []byte) (*logEntry, error) {
	line = bytes.Clone(bytes.TrimSpace(line))
	head, err := api.ReadLogLine(line)
	return &logEntry{LogLine: head, line: line}, err
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
	return &logEntry{LogLine: api.LogLine{Time: at, Level: textLevels[m[2]]}, text: line}
}

// complete reads the keys of an entry in text. A message may look like one: the
// keys stand behind it.
func (e *logEntry) complete() {
	for _, m := range textKey.FindAllStringSubmatch(e.text, -1) {
		value := m[2]
		if text, err := strconv.Unquote(m[2]); err == nil {
			value = text
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
		Script  string     `json:"script,omitempty"`
		Device  string     `json:"device,omitempty"`
	}{e.Time, e.Level, strings.TrimSpace(e.text[len(textHead.FindString(e.text)):]), e.Script, e.Device})
}

// readLogFile gives the wanted entries of a log file and of those that were set
// aside before it, the oldest first. found: there is such a file.
func readLogFile(path string, zone *time.Location, f api.LogFilter, show func(*logEntry) error) (found bool, err error) {
	var files []io.Reader
	for _, name := range logFiles(path) {
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
func readLog(r io.Reader, zone *time.Location, f api.LogFilter, show func(*logEntry) error) error {
	var open *logEntry // in text: lines below it may come
	end := func() error {
		e := open
		open = nil
		if e == nil {
			return nil
		}
		if e.complete(); !f.Takes(&e.LogLine) {
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
		case whole != nil && f.Takes(&whole.LogLine):
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
