package gaps

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hiklua/hiklua/runtime/owner"
)

// FolderName is the folder of the record below the site's data folder.
const FolderName = "archive.gaps"

// endedSize is the length in bytes at which ended.jsonl is set aside as
// ended.old.jsonl: both together are years of gaps.
const endedSize = 4 << 20

// record is the folder in which a Tracker keeps what it knows.
type record struct{ dir string }

// state is how far the judging has come.
type state struct {
	Alive  time.Time             `json:"alive"` // a host was seen
	Away   []span                `json:"elsewhere,omitempty"`
	Series map[string]*following `json:"series"`
}

// span is when another host of the cluster took the pictures: none of them is missing
// here.
type span struct {
	From time.Time `json:"from"`
	Till time.Time `json:"till"` // the moment after
}

// spansKept bounds them.
const spansKept = 500

// away is the span in which something was due; ok is false if there is none.
func away(spans []span, due time.Time) (s span, ok bool) {
	for _, s := range spans {
		if !due.Before(s.From) && due.Before(s.Till) {
			return s, true
		}
	}
	return s, false
}

// following is one series as it is followed.
type following struct {
	Of    names     `json:"of"`
	Since time.Time `json:"since"`         // it is followed
	Next  time.Time `json:"next"`          // the first time that is not judged yet; zero: there is none
	Gap   *Gap      `json:"gap,omitempty"` // that goes on
	// Failed are commands since Next: a host that ends before it has judged them
	// tells the next one why.
	Failed []failure `json:"failed,omitempty"`
}

type failure struct {
	At  time.Time `json:"at"`
	Why string    `json:"why"`
}

// names are what a series is known by.
type names struct {
	Device  string `json:"device"`
	Channel int    `json:"channel"`
	Name    string `json:"name,omitempty"`
	Label   string `json:"label,omitempty"`
	Every   string `json:"schedule"`
}

func (s Series) names() names { return names{s.Device, s.Channel, s.Name, s.Label, s.Due.String()} }

func (r record) stateName() string { return filepath.Join(r.dir, "state.json") }
func (r record) endedName() string { return filepath.Join(r.dir, "ended.jsonl") }
func (r record) olderName() string { return filepath.Join(r.dir, "ended.old.jsonl") }

// load reads the state. Without a file, and with a damaged one, nothing was ever
// followed.
func (r record) load() (st state, notice string, err error) {
	data, err := os.ReadFile(r.stateName())
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	} else if err == nil {
		if broken := json.Unmarshal(data, &st); broken != nil {
			st, notice = state{}, fmt.Sprintf("%s cannot be read: %v. What is missing in the archive is counted from now on", r.stateName(), broken)
		}
	}
	if st.Series == nil {
		st.Series = make(map[string]*following)
	}
	for key, f := range st.Series {
		if f == nil {
			delete(st.Series, key)
		}
	}
	return st, notice, err
}

// save replaces the state. It does so each minute and does not wait for the disk:
// load tells of a state that a power cut has damaged, and begins anew.
func (r record) save(st state) error {
	data, err := json.Marshal(st)
	if err != nil {
		return err
	}
	if err := owner.MkdirAll(r.dir, 0o700); err != nil {
		return err
	}
	beside := r.stateName() + ".part"
	f, err := owner.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(beside, r.stateName())
	}
	return err
}

// ended puts gaps on record that have ended.
func (r record) ended(gaps []Gap) error {
	if len(gaps) == 0 {
		return nil
	}
	var b bytes.Buffer
	b.WriteByte('\n') // the line before may have no end
	for _, g := range gaps {
		data, err := json.Marshal(g)
		if err != nil {
			return err
		}
		b.Write(append(data, '\n'))
	}
	if err := owner.MkdirAll(r.dir, 0o700); err != nil {
		return err
	}
	if info, err := os.Stat(r.endedName()); err == nil && info.Size() > endedSize {
		if err := os.Rename(r.endedName(), r.olderName()); err != nil {
			return err
		}
	}
	f, err := owner.OpenFile(r.endedName(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	return errors.Join(err, f.Close())
}

// each gives the gaps that have ended, the oldest first. What is no line of ours
// is passed over.
func (r record) each(fn func(Gap)) error {
	for _, name := range []string{r.olderName(), r.endedName()} {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		in := bufio.NewScanner(f)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			var g Gap
			if json.Unmarshal(in.Bytes(), &g) == nil && g.Missing > 0 && g.Device != "" {
				fn(g)
			}
		}
		f.Close()
		if err := in.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
			return err
		}
	}
	return nil
}
