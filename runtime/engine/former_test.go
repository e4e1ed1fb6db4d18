//go:build !nofleet

package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

// TestFormerMember: a host that is replaced by another loses its vote; what it kept
// a copy of has three copies again.
func TestFormerMember(t *testing.T) {
	if testing.Short() {
		t.Skip("two elections")
	}
	t.Run("by itself", func(t *testing.T) {
		t.Parallel()
		testFormerMember(t, func(ctx context.Context, engines map[string]*Engine) error {
			for _, e := range engines {
				if err := e.dismissFormer(ctx, 0); err != nil { // not after five minutes
					return err
				}
			}
			return nil
		})
	})
	t.Run("by hand", func(t *testing.T) {
		t.Parallel()
		done := false
		testFormerMember(t, func(ctx context.Context, engines map[string]*Engine) error {
			for name, says := range map[string]string{"left": "left is a member to this host", "west": "west has no vote"} {
				err := engines["south"].Dismiss(ctx, name)
				if errors.Is(err, hold.ErrUnknown) {
					return err
				}
				if err == nil || !strings.Contains(err.Error(), says) {
					t.Errorf("dismiss %s: %v", name, err)
				}
			}
			if done {
				return nil
			}
			err := engines["south"].Dismiss(ctx, "right")
			done = err == nil
			return err
		})
	})
}

func testFormerMember(t *testing.T, dismiss func(context.Context, map[string]*Engine) error) {
	c := startTrio(t)
	number := c.put("left", "lease.site", "a")
	c.close()
	// right is dead for good, and south comes in its place.
	members := map[string]string{"box": c.members["box"], "left": c.members["left"], "south": freeAddress(t)}
	engines := map[string]*Engine{}
	for name := range members {
		e, err := Start(context.Background(), Config{
			Dir: filepath.Join(c.dir, name), Name: name, Members: members, Secret: c.secret, Clock: clock.Real(), Log: slog.New(c.log.at(name)),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		engines[name] = e
	}
	eventually(t, "right keeps its vote", func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 5e9)
		defer cancel()
		if err := dismiss(ctx, engines); err != nil {
			return err
		}
		info, err := engines["south"].streamInfo(t.Context(), leasesStream)
		if err != nil {
			return err
		}
		if info.Cluster == nil || len(info.Cluster.Replicas) != 2 {
			return fmt.Errorf("%+v", info.Cluster)
		}
		south := info.Cluster.Leader == "south"
		for _, r := range info.Cluster.Replicas {
			if !r.Current || r.Offline {
				return fmt.Errorf("%+v", r)
			}
			south = south || r.Name == "south"
		}
		if !south {
			return errors.New("south has no copy")
		}
		for name, e := range engines {
			if peers := e.server.current().JetStreamClusterPeers(); len(peers) != 3 && len(peers) != 0 { // the leader knows
				return fmt.Errorf("%s knows of %v", name, peers)
			}
		}
		return nil
	})
	engines["left"].Close()
	eventually(t, "box and south are no majority", func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 1e9)
		defer cancel()
		data, n, err := engines["south"].Last(ctx, "lease.site")
		if err == nil && (n != number || string(data) != "a") {
			t.Fatalf("%q %d", data, n)
		}
		return err
	})
}
