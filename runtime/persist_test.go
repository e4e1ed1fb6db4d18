package runtime

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/store"
)

// keeps gives the world's host a state file, and whatever another host of the
// same folder has left in it.
func (w *world) keeps() {
	w.t.Helper()
	w.host.conf.State = filepath.Join(w.dir, "data", "state.db")
	w.host.disk = func() error {
		if w.disk == nil {
			return nil
		}
		return w.disk()
	}
	if err := w.host.openStore(); err != nil {
		w.t.Fatal(err)
	}
	w.host.rememberDevices()
}

// newKeeper is newWorld with a state file.
func newKeeper(t *testing.T, yaml string, files map[string]string) *world {
	w := newWorld(t, yaml, files)
	w.keeps()
	return w
}

// next is the host of the same folder that is started after a while. The one
// before has ended.
func (w *world) next(after time.Duration, files map[string]string) *world {
	w.t.Helper()
	if !w.ended {
		w.end()
	}
	yaml, err := os.ReadFile(filepath.Join(w.dir, site.FileName))
	if err != nil {
		w.t.Fatal(err)
	}
	n := newWorld(w.t, string(yaml), files)
	os.RemoveAll(n.dir)
	n.dir = w.dir
	for path, content := range files {
		n.write(path, content)
	}
	conf, err := site.Load(n.dir, noEnv)
	if err != nil {
		w.t.Fatal(err)
	}
	n.clk.Jump(w.clk.Now().Add(after).Sub(n.clk.Now()))
	n.began = n.clk.Now()
	n.host.conf.Site = conf
	n.host.now.Store(conf)
	n.keeps()
	return n
}

func TestStateOutlivesReloadAndRestart(t *testing.T) {
	const count = `hik.state.loads = (hik.state.loads or 0) + 1 hik.state.list = hik.state.list or {}
		table.insert(hik.state.list, hik.state.loads) print(hik.state.loads, table.concat(hik.state.list, ","))`
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": count, "scripts/b.lua": `print("b", hik.state.loads)`})
	w.start()
	w.run(time.Second)
	w.write("scripts/a.lua", count+" -- saved")
	w.sync()
	w.wantPrinted("1\t1", "b\tnil", "2\t1,2")
	n := w.next(time.Hour, nil)
	n.start()
	n.run(time.Second)
	n.wantPrinted("3\t1,2,3", "b\tnil")
	if info, err := os.Stat(filepath.Join(w.dir, "data", "state.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
}

func TestSharedStateIsShared(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.shared_state.mode = "night" hik.every(60, function() hik.shared_state.n = (hik.shared_state.n or 0) + 1 end)`,
		"scripts/b.lua": `hik.every(90, function() print(hik.shared_state.mode, hik.shared_state.n, hik.state.mode) end)`,
	})
	w.start()
	w.run(2 * time.Minute)
	w.wantPrinted("night\t1\tnil")
	n := w.next(0, nil)
	n.start()
	n.run(2 * time.Minute)
	n.wantPrinted("night\t3\tnil")
}

// What a task wrote is in the file when its wait returns, and when it ends.
func TestWriteIsOnDiskBeforeTheWaitReturns(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.spawn(function()
			hik.state.a, hik.shared_state.a = 1, 1
			hik.sleep(0)
			print("slept")
			hik.state.b, hik.shared_state.b = 2, 2
			hik.spawn(function() hik.state.c = 3 end):wait()
			print("waited")
		end)`,
	})
	seen := map[string]string{}
	w.host.conf.Print = func(_, text string) { seen[text] = w.copyOfState("a", "a", "b", "c") }
	w.start()
	w.run(time.Second)
	if seen["slept"] != "1 nil nil, shared 1 nil nil" || seen["waited"] != "1 2 3, shared 1 2 nil" {
		t.Error(seen)
	}
}

// copyOfState reads the file as it is at this moment.
func (w *world) copyOfState(script string, keys ...string) (text string) {
	w.readState(func(s *store.Store) {
		read := func(st *store.State) string {
			var values []string
			for _, k := range keys {
				v, _ := st.Get([]any{k})
				values = append(values, strings.Replace(fmt.Sprint(v), "<nil>", "nil", 1))
			}
			return strings.Join(values, " ")
		}
		text = read(s.Script(script)) + ", shared " + read(s.Shared())
	})
	return text
}

// readState opens the file as it is at this moment, as after a crash.
func (w *world) readState(f func(*store.Store)) {
	data, err := os.ReadFile(w.host.conf.State)
	if err != nil {
		w.t.Fatal(err)
	}
	path := filepath.Join(w.t.TempDir(), "copy.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		w.t.Fatal(err)
	}
	clk := clock.NewVirtual(noon)
	s, err := store.Open(path, store.Options{Clock: clk})
	if err != nil {
		w.t.Fatal(err)
	}
	f(s)
	clk.Do(func() { s.Close() })
}

// A full disk is an error of the tasks that wrote, and of no other; what they
// wrote stays in memory and is on disk once there is room.
func TestStateOnAFullDisk(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.state.loaded = true
			hik.every(60, {name = "waits"}, function()
				hik.state.n = (hik.state.n or 0) + 1
				local ok, err = pcall(hik.sleep, 1)
				print(ok, hik.state.n, err and err.kind, err and err.message)
			end)
			hik.every(60, {name = "ends"}, function() hik.state.m = (hik.state.m or 0) + 1 end)
			hik.every(60, {name = "reads"}, function() hik.sleep(1) print("reads", hik.state.n) end)`,
	})
	w.disk = func() error { return &os.PathError{Op: "write", Path: "state.db", Err: syscall.ENOSPC} }
	w.start()
	w.run(90 * time.Second)
	w.wantPrinted("false\t1\tdisk\thik.state is not on disk: the disk is full", "reads\t1")
	w.wantLog(`msg="hik.state is not on disk: the disk is full" script=a task=a/ends#1 job=ends`)
	w.wantLog(`kind=disk hint="make room on the disk`)
	if n := strings.Count(w.log.String(), "state is not written"); n != 1 {
		t.Errorf("told %d times", n)
	}
	w.disk = nil
	w.printed = nil
	w.run(time.Minute)
	w.wantPrinted("true\t2\tnil\tnil", "reads\t2")
	w.end()
	if got := w.copyOfState("a", "loaded", "n", "m"); got != "true 2 2, shared nil nil nil" {
		t.Error(got)
	}
}

// A disk that hangs holds the tasks that wrote, until they are ended, and
// nothing else: other scripts, devices, a reload, the end of the host.
func TestStateOnADiskThatHangs(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.after(1, function() hik.state.a = 1 hik.sleep(1) print("a went on") end)`,
		"scripts/b.lua": `hik.after(2, function() hik.preset("gate", "yard", 1) hik.ptz_pan_tilt("gate", "yard", 40, 0, {duration = 1}) print("b went on") end)`,
	})
	w.disk = func() error { return clock.Sleep(context.Background(), w.clk, 24*time.Hour) }
	w.start()
	w.run(time.Minute)
	w.wantPrinted("b went on")
	w.wantSent("gate", "2s goto 1", "2.25s continuous 40 0 0", "3.25s continuous 0 0 0")
	w.wantLog("heads move before the disk has it")
	w.write("scripts/a.lua", `hik.state.b = 1 print("a anew")`)
	w.sync()
	w.run(time.Second)
	w.wantPrinted("b went on", "a anew")
	began := w.clk.Now()
	w.stop()
	for !w.ended {
		w.run(time.Second)
	}
	if took := w.clk.Now().Sub(began); took > 11*time.Second {
		t.Errorf("the end took %v", took)
	}
	if w.err == nil || !strings.Contains(w.err.Error(), "the disk does not answer") {
		t.Error(w.err)
	}
	w.run(48 * time.Hour) // the disk answers: nothing is left behind
}

// crash ends the world as kill -9 does: what is on disk stays as it is.
func (w *world) crash() {
	w.t.Helper()
	data, err := os.ReadFile(w.host.conf.State)
	if err != nil {
		w.t.Fatal(err)
	}
	w.end()
	if err := os.WriteFile(w.host.conf.State, data, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// The same site does the same, to the byte of its file, on every run.
func TestStateIsTheSameOnEveryRun(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(0))
	history := func(procs int) string {
		goruntime.GOMAXPROCS(procs)
		files := make(map[string]string)
		for i := range 5 {
			files[fmt.Sprintf("scripts/s%d.lua", i)] = fmt.Sprintf(`
				hik.every(7 + %d, {name = "count", catch_up = "1h"}, function(run)
					hik.state.list = hik.state.list or {}
					table.insert(hik.state.list, run.scheduled)
					if #hik.state.list > 20 then table.remove(hik.state.list, 1) end
					hik.shared_state.n = (hik.shared_state.n or 0) + 1
					hik.ptz_pan_tilt("gate", "yard", 10, 0, {duration = 0.5})
					print(hik.script, #hik.state.list, hik.shared_state.n)
				end)`, i)
		}
		w := newKeeper(t, oneHead, files)
		w.start()
		w.run(10 * time.Minute)
		w.end()
		data, err := os.ReadFile(w.host.conf.State)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(w.printed, "\n") + w.log.String() + fmt.Sprint(w.sent("gate")) + string(data)
	}
	want := history(1)
	for _, procs := range []int{2, 16} {
		if got := history(procs); got != want {
			t.Fatalf("GOMAXPROCS=%d: %s", procs, firstDifference(want, got))
		}
	}
}

// A damaged file is set aside, and the host runs.
func TestDamagedStateIsSetAside(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"data/state.db": strings.Repeat("no database ", 1000), "scripts/a.lua": `hik.state.n = (hik.state.n or 0) + 1 print(hik.state.n)`,
	})
	w.keeps()
	w.start()
	w.run(time.Second)
	w.wantPrinted("1")
	w.wantLog("It was set aside as state.db.broken-20260304-120000")
}

// A folder that cannot be written keeps no host from running.
func TestNoStateFileCanBeMade(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"data": "a file in the place of the folder", "scripts/a.lua": `hik.state.n = 1 print(hik.state.n)`})
	w.keeps()
	w.start()
	w.run(time.Second)
	w.wantPrinted("1")
	w.wantLog("the state cannot be kept")
}

// At the end the disk has as long as the rest of the host, and a second if that
// has used up its time.
func TestDiskHasItsTimeAtTheEnd(t *testing.T) {
	for _, c := range []struct {
		disk, limit, took time.Duration
		lost              bool
	}{
		{disk: 500 * time.Millisecond, limit: 0, took: 500 * time.Millisecond},
		{disk: 3 * time.Second, limit: 0, took: closeWrite, lost: true},
		{disk: 3 * time.Second, limit: 5 * time.Second, took: 3 * time.Second},
		{disk: 20 * time.Second, limit: 5 * time.Second, took: 5 * time.Second, lost: true},
	} {
		w := newKeeper(t, "timezone: UTC\n", nil)
		w.host.store.SetLastRun("a", "job", noon)
		w.disk = func() error { return clock.Sleep(context.Background(), w.clk, c.disk) }
		var err error
		var took time.Duration
		w.clk.Go(func() {
			limit, cancel := clock.WithTimeout(w.clk, context.Background(), c.limit)
			defer cancel()
			err = w.host.closeStore(limit)
			took = w.clk.Now().Sub(noon)
		})
		w.run(time.Minute)
		if (err != nil) != c.lost || took != c.took {
			t.Errorf("disk %v, limit %v: took %v, %v", c.disk, c.limit, took, err)
		}
	}
}
