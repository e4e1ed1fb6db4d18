package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/DeRuina/timberjack"

	"github.com/hiklua/hiklua/runtime/owner"
)

const (
	// A log file that would grow beyond logFileSize MB is set aside under its name
	// with the time behind it; of those set aside logFileKept stay.
	logFileSize = 10
	logFileKept = 5
)

// logFile is a log file that is rotated by size. Whatever becomes of it is no
// reason for the host to stop: while the disk is full lines are left out, one that
// cannot be set aside is gone on with, and one that was moved or removed is begun
// anew.
type logFile struct {
	path string
	most int // MB

	mu   sync.Mutex
	out  *timberjack.Logger
	seen os.FileInfo // of what was last written to
	torn bool        // the last line was written in part: the disk is full
}

// openLogFile goes on with the file at path, or makes it for its owner only.
func openLogFile(path string, most int) (*logFile, error) {
	if err := owner.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	l := &logFile{path: path, most: most}
	return l, l.open()
}

// open goes on with the file at path. The library would make it root's.
func (l *logFile) open() error {
	f, err := owner.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if l.seen, err = f.Stat(); err != nil {
		f.Close()
		return err
	}
	l.out = &timberjack.Logger{
		Filename: l.path, MaxSize: l.most, MaxBackups: logFileKept, FileMode: 0o600,
		AppendTimeAfterExt: true, Compression: "none",
	}
	return f.Close()
}

// Write implements io.Writer. It takes one line.
func (l *logFile) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now, err := os.Stat(l.path); l.out != nil && (err != nil || !os.SameFile(now, l.seen)) {
		l.out.Close()
		l.out = nil
	}
	if l.out == nil && l.open() != nil {
		return len(line), nil
	}
	text := line
	if l.torn {
		text = slices.Concat([]byte("\n"), line)
	}
	n, err := l.out.Write(text)
	if n == 0 && err != nil { // it could not be set aside, or the line is longer than a file may be
		n, err = l.append(text)
	}
	l.torn = err != nil && (n > 0 || l.torn)
	if now, err := os.Stat(l.path); err == nil {
		l.seen = now
	}
	return len(line), nil
}

func (l *logFile) append(text []byte) (int, error) {
	f, err := owner.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.Write(text)
}

// logFiles are the files that the log at path is kept in, the oldest first. Some may
// be gone.
func logFiles(path string) []string {
	dir, begin := filepath.Dir(path), filepath.Base(path)+"-"
	entries, _ := os.ReadDir(dir) // sorted by name, which is by time
	var files []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), begin) && strings.Contains(e.Name(), "-size") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return append(files, path)
}

// Close ends the file.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.out == nil {
		return nil
	}
	return l.out.Close()
}
