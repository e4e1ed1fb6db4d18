package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hiklua/hiklua/runtime/files"
)

// anew is what an operator does about a store that can't be used.
const anew = "remove data/engine while hiklua is stopped here: it is copied anew from the other members"

// markName is the file of a store's folder that has its mark.
const markName = "member.json"

// storeMark says whose store a folder has.
type storeMark struct {
	Cluster string `json:"cluster"` // fingerprint of the secret
	Member  string `json:"member"`
	// Damaged is what was found wrong with the store while it was used; "": nothing.
	Damaged string `json:"damaged,omitempty"`
}

// markStore makes the folder of a store, or finds that it is this member's. With
// the store of another the votes of two members would be mixed up.
func markStore(dir, cluster, member string) error {
	path := filepath.Join(dir, markName)
	want := storeMark{Cluster: cluster, Member: member}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Join(dir, "jetstream")); err == nil {
			return fmt.Errorf("%w: %s is missing; %s", ErrStore, path, anew)
		}
		return writeMark(dir, want)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	var have storeMark
	if err := json.Unmarshal(data, &have); err != nil {
		return fmt.Errorf("%w: %s: %w; %s", ErrStore, path, err, anew)
	}
	switch {
	case have.Cluster != cluster:
		return fmt.Errorf("%w: %s is of a cluster with another secret; put back its secret, or %s", ErrStore, dir, anew)
	case have.Member != member:
		return fmt.Errorf("%w: %s is that of the member %s, and this is %s; %s", ErrStore, dir, have.Member, member, anew)
	case have.Damaged != "":
		return damaged(have.Damaged)
	}
	return nil
}

// markDamaged has the next start refuse a store: with what is missing in it a
// majority could forget what it has acknowledged.
func markDamaged(dir, cluster, member, what string) error {
	return writeMark(dir, storeMark{cluster, member, what})
}

// damaged is the error for a store in which something is wrong.
func damaged(what string) error {
	return fmt.Errorf("%w, it is damaged: %s; %s", ErrStore, what, anew)
}

// writeMark writes a mark durably: the first before there is a store.
func writeMark(dir string, mark storeMark) error {
	data, err := json.Marshal(mark)
	if err == nil {
		_, err = files.NewFolder(dir).Write(markName, append(data, '\n'))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	return nil
}
