package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/hiklua/hiklua/runtime/owner"
)

const (
	// A log file that would grow beyond logFileSize is set aside as FILE.1,
	// the one before as FILE.2, up to FILE.5.
	logFileSize = 10 << 20
	logFileKept = 5
)

// logFile is a log file that is rotated by size. A full disk is no reason for
// the host to stop: lines that cannot be written are left out.
type logFile struct {
	path string
	most int64

	mu   sync.Mutex
	file *os.File
	size int64
}

// openLogFile goes on with the file at path, or makes it for its owner only.
func openLogFile(path string, most int64) (*logFile, error) {
	if err := owner.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	l := &logFile{path: path, most: most}
	return l, l.open()
}

func (l *logFile) open() error {
	f, err := owner.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.file, l.size = f, info.Size()
	return nil
}

// Write implements io.Writer. It takes one line.
func (l *logFile) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size > 0 && l.size+int64(len(line)) > l.most {
		l.rotate()
	}
	if l.file == nil && l.open() != nil {
		return len(line), nil
	}
	n, _ := l.file.Write(line)
	l.size += int64(n)
	return len(line), nil
}

// rotate sets the file aside. One that can't be moved is gone on with.
func (l *logFile) rotate() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
	for n := logFileKept - 1; n >= 1; n-- {
		if err := os.Rename(l.aside(n), l.aside(n+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	os.Rename(l.path, l.aside(1))
	l.size = 0
}

func (l *logFile) aside(n int) string { return fmt.Sprintf("%s.%d", l.path, n) }

// Close ends the file.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
