package upload

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hiklua/hiklua/runtime/files"
)

// state is how far the copying has come, as state.json has it.
type state struct {
	Place   string    `json:"place"`            // the second place it is about
	Marker  string    `json:"marker,omitempty"` // what the folder there is known by
	Copied  position  `json:"copied"`           // what lies before has arrived, or is given up
	Expired position  `json:"expired"`          // what lies before was deleted there
	Last    time.Time `json:"last"`             // the newest picture that was ever on the list
	// Renamed are the copies whose own name was taken.
	Renamed map[string]string `json:"renamed,omitempty"`
}

const stateName = "state.json"

func (s *spool) stateName() string { return filepath.Join(s.dir, stateName) }

// loadState reads state.json. Without one everything begins anew, and so it does
// with a damaged one: then each picture is found to be in its place already.
func (s *spool) loadState() (st state, notice string, err error) {
	data, err := os.ReadFile(s.stateName())
	if errors.Is(err, fs.ErrNotExist) {
		return state{}, "", nil
	}
	if err != nil {
		return state{}, "", err
	}
	if err := json.Unmarshal(data, &st); err != nil {
		return state{}, fmt.Sprintf("%s cannot be read: %v. What the second place has already is found out again", s.stateName(), err), nil
	}
	return st, "", nil
}

// saveState replaces state.json.
func (s *spool) saveState(st state) error {
	data, err := json.Marshal(st)
	if err != nil {
		return err
	}
	_, err = files.NewFolder(s.dir).Write(stateName, append(data, '\n'))
	return err
}
