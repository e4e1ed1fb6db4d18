package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/hiklua/hiklua/runtime/owner"
)

const (
	lockName   = "host.lock"
	socketName = "control.sock"
)

// Holder is the host that has a site.
type Holder struct {
	PID     int       `json:"pid"`
	Since   time.Time `json:"since"`
	Version string    `json:"version"`
}

// HeldError says that a host runs the site already.
type HeldError struct{ Holder Holder }

func (e *HeldError) Error() string {
	if e.Holder.PID == 0 {
		return "another hiklua runs this site"
	}
	return fmt.Sprintf("hiklua runs this site already: process %d, since %s",
		e.Holder.PID, e.Holder.Since.Local().Format("2006-01-02 15:04:05"))
}

// HolderOf is the host that has, or had when it was killed, the site with the
// data folder dir. The zero Holder: it is not known.
func HolderOf(dir string) (h Holder) {
	f, err := os.Open(filepath.Join(dir, lockName))
	if err != nil {
		return h
	}
	defer f.Close()
	return readHolder(f)
}

func readHolder(f *os.File) (h Holder) {
	text, _ := io.ReadAll(io.LimitReader(f, 4096))
	if json.Unmarshal(text, &h) != nil {
		return Holder{}
	}
	return h
}

// Lock is a site that is taken. The system gives it back when the process
// ends, however it ends.
type Lock struct{ file *os.File }

// Take takes the site with the data folder dir, which is made if it is missing
// (for its owner only). The error is a *HeldError if another host has it.
func Take(dir string, me Holder) (*Lock, error) {
	if err := owner.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := owner.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		defer f.Close()
		if !errors.Is(err, errHeld) {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		return nil, &HeldError{readHolder(f)} // unreadable: the holder is not named
	}
	text, err := json.Marshal(me)
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(append(text, '\n'), 0)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Lock{f}, nil
}

// Release gives the site back. The file stays: removing it would let two hosts
// lock two files of one name.
func (l *Lock) Release() error {
	return errors.Join(l.file.Truncate(0), l.file.Close())
}

var errHeld = errors.New("held")
