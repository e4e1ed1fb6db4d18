//go:build !nofleet

package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

// TestStores: a store is used by the member that made it, and by that one only as
// long as it can be read.
func TestStores(t *testing.T) {
	t.Parallel()
	secret := newSecret(t)
	whole := t.TempDir()
	e, err := alone(t, whole, secret)
	if err != nil {
		t.Fatal(err)
	}
	number, err := e.CAS(t.Context(), "lease.site", 0, []byte("a"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Append(t.Context(), "site", 0, []byte("a")); err != nil {
		t.Fatal(err)
	}
	e.Close()
	streams := "jetstream/$G/streams/LEASES"
	for _, test := range []struct {
		name string
		harm func(t *testing.T, dir string)
		want string // in the error; "": it starts, and has all
	}{
		{"nothing", func(t *testing.T, dir string) {}, ""},
		{"a hole in the stream's file", func(t *testing.T, dir string) { flip(t, filepath.Join(dir, streams, "meta.inf")) }, "damaged"},
		{"a hole in its checksum", func(t *testing.T, dir string) { flip(t, filepath.Join(dir, streams, "meta.sum")) }, "damaged"},
		{"no checksum", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, streams, "meta.sum")) }, "damaged"},
		{"no stream's file", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, streams, "meta.inf")) }, "damaged"},
		// As after a power failure: the server makes the index anew.
		{"half an index", func(t *testing.T, dir string) { flip(t, filepath.Join(dir, streams, "msgs/index.db")) }, ""},
		{"no index", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, streams, "msgs/index.db")) }, ""},
		{"no mark", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, markName)) }, "member.json is missing"},
		{"half a mark", func(t *testing.T, dir string) { os.WriteFile(filepath.Join(dir, markName), []byte(`{"clus`), 0o600) }, "member.json"},
		{"another member's", func(t *testing.T, dir string) { mark(t, dir, secret, "right", "") }, "that of the member right, and this is left"},
		{"another cluster's", func(t *testing.T, dir string) { mark(t, dir, newSecret(t), "left", "") }, "another secret"},
		{"found damaged before", func(t *testing.T, dir string) { mark(t, dir, secret, "left", "snapshot corrupt") }, "snapshot corrupt"},
		{"all removed", func(t *testing.T, dir string) { os.RemoveAll(dir) }, "gone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "engine")
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			test.harm(t, dir)
			e, err := alone(t, dir, secret)
			switch test.want {
			case "":
				if err != nil {
					t.Fatal(err)
				}
				if data, n, err := e.Last(t.Context(), "lease.site"); string(data) != "a" || n != number || err != nil {
					t.Errorf("%q %d %v", data, n, err)
				}
			case "gone":
				if err != nil {
					t.Fatal(err)
				}
				// Numbers grow all the same.
				if n, err := e.CAS(t.Context(), "lease.site", 0, nil); err != nil || n <= number {
					t.Errorf("%d after %d: %v", n, number, err)
				}
			default:
				if !errors.Is(err, ErrStore) || !strings.Contains(fmt.Sprint(err), test.want) || !strings.Contains(fmt.Sprint(err), anew) {
					t.Errorf("got %v, want %q and what to do", err, test.want)
				}
			}
		})
	}
}

// TestDamagedMemberOfThree: a member that others wait for refuses its store as quickly.
func TestDamagedMemberOfThree(t *testing.T) {
	t.Parallel()
	c := newTrio(t)
	e, err := alone(t, filepath.Join(c.dir, "left"), c.secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.CAS(t.Context(), "lease.site", 0, []byte("a")); err != nil {
		t.Fatal(err)
	}
	e.Close()
	flip(t, filepath.Join(c.dir, "left", "jetstream/$G/streams/LEASES/meta.inf"))
	_, err = Start(context.Background(), Config{
		Dir: filepath.Join(c.dir, "left"), Name: "left", Members: c.members, Secret: c.secret, Clock: clock.Real(), Log: slog.New(c.log.at("left")),
	})
	if !errors.Is(err, ErrStore) {
		t.Errorf("got %v", err)
	}
	if text := c.log.all(); strings.Contains(text, "hangs") {
		t.Errorf("the end of its server hung:\n%s", text)
	}
}

func flip(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 0x55
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func mark(t *testing.T, dir string, secret []byte, member, damaged string) {
	t.Helper()
	_, cluster, err := memberTLS(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeMark(dir, storeMark{cluster, member, damaged}); err != nil {
		t.Fatal(err)
	}
}

// TestWrongConfig: what Start refuses at once.
func TestWrongConfig(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	secret := newSecret(t)
	for _, test := range []struct {
		name string
		set  func(*Config)
		want string
	}{
		{"no secret", func(c *Config) { c.Secret = nil }, "hiklua cluster init"},
		{"half a secret", func(c *Config) { c.Secret = secret[:len(secret)/2] }, "hiklua cluster init"},
		{"no member", func(c *Config) { c.Name = "south" }, "south is no member"},
		{"no port", func(c *Config) { c.Members["left"] = "192.0.2.1" }, "missing port"},
		{"a port that is taken", func(c *Config) { c.Members["left"] = taken.Addr().String() }, "address already in use"},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := &logBook{}
			cfg := Config{Dir: t.TempDir(), Name: "left", Secret: secret, Clock: clock.Real(), Log: slog.New(log.at("left")), Members: map[string]string{
				"left": freeAddress(t), "right": freeAddress(t), "box": freeAddress(t),
			}}
			test.set(&cfg)
			e, err := Start(context.Background(), cfg)
			if err == nil {
				e.Close()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestFoundDamaged: a store that turns out to be damaged while it is used is not
// used any longer, nor at the next start.
func TestFoundDamaged(t *testing.T) {
	t.Parallel()
	dir, secret := t.TempDir(), newSecret(t)
	e, err := alone(t, dir, secret)
	if err != nil {
		t.Fatal(err)
	}
	// The server's own words: TestDamagedMember has them come from the server.
	e.server.log.Warnf("RAFT [%s - S-R3F-x] Snapshot corrupt, checksums did not match", "a")
	eventually(t, "it goes on", func() error {
		if e.server.current().Running() {
			return errors.New("it runs")
		}
		return nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := e.CAS(ctx, "lease.site", 0, nil); !errors.Is(err, hold.ErrUnknown) {
		t.Errorf("CAS: %v", err)
	}
	e.Close()
	if _, err := alone(t, dir, secret); !errors.Is(err, ErrStore) {
		t.Errorf("the next start: %v", err)
	}
}

// TestDamagedMember: a member whose copy was damaged while it was down takes no part.
func TestDamagedMember(t *testing.T) {
	if testing.Short() {
		t.Skip("three members")
	}
	t.Parallel()
	c := startTrio(t)
	for i := range 20 {
		c.put("left", "lease.site", fmt.Sprint("value ", i))
	}
	c.stop("left")
	snapshots, err := filepath.Glob(filepath.Join(c.dir, "left/jetstream/$SYS/_js_/S-*/snapshots/snap.*"))
	if err != nil || len(snapshots) == 0 {
		t.Fatal(snapshots, err)
	}
	flip(t, snapshots[0])
	c.start("left")
	eventually(t, "the damage is not found", func() error {
		if !strings.Contains(c.log.all(), anew) {
			return errors.New("the log does not tell what to do")
		}
		return nil
	})
	c.answers("right")
	c.stop("left")
	_, err = Start(context.Background(), Config{
		Dir: filepath.Join(c.dir, "left"), Name: "left", Members: c.members, Secret: c.secret, Clock: clock.Real(), Log: slog.New(c.log.at("left")),
	})
	if !errors.Is(err, ErrStore) {
		t.Errorf("the next start: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(c.dir, "left")); err != nil {
		t.Fatal(err)
	}
	c.start("left")
	c.answers("left")
}

// A server that can't start, as on a disk that is still full, is one that failed, and
// not the end of the process.
func TestServerThatCannotStart(t *testing.T) {
	t.Parallel()
	c := newTrio(t)
	dir := filepath.Join(c.dir, "left")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	conf := Config{
		Dir: dir, Name: "left", Members: c.members, Secret: c.secret, Clock: clock.Real(), Log: slog.New(c.log.at("left")),
	}
	e, err := Start(t.Context(), conf)
	if err != nil {
		t.Fatal(err)
	}
	e.Close()
	meta := filepath.Join(dir, "jetstream", "$SYS", "_js_", "_meta_")
	if err := os.RemoveAll(meta); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(meta, nil, 0o600); err != nil { // no folder can be made there
		t.Fatal(err)
	}
	if e, err := Start(t.Context(), conf); err == nil {
		e.Close()
		t.Error("it has started")
	}
}
