package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime/clock"
)

const childEnv = "HIKLUA_STORE_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		writeForEver(path)
	}
	os.Exit(m.Run())
}

// writeForEver counts in hik.state, four tasks at once, and says so once the
// disk has it.
func writeForEver(path string) {
	s, err := Open(path, Options{Clock: clock.Real()})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	if err := s.SetMoving(context.Background(), gate); err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	for task := range 4 {
		go func() {
			st := s.Script(fmt.Sprint("task ", task))
			for i := 1; ; i++ {
				// Two writes that belong together, and one that shrinks.
				st.Set(at("a"), i)
				st.Set(at("list"), map[any]any{1: i, "t": map[any]any{"i": i}})
				st.Set(at("b"), i)
				if err := st.Sync(context.Background()); err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				fmt.Println(task, i)
			}
		}()
	}
	select {}
}

// No write that was waited for is lost, and none is there by half.
func TestNothingIsLostByKill(t *testing.T) {
	rounds := 5
	if testing.Short() {
		rounds = 1
	}
	for round := range rounds {
		path := filepath.Join(t.TempDir(), "state.db")
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childEnv+"="+path)
		out, err := child.StdoutPipe()
		must(t, err)
		must(t, child.Start())
		told, lines := make(map[string]int), 0
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			task, n, _ := strings.Cut(scanner.Text(), " ")
			i, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(scanner.Text())
			}
			told[task] = i
			if lines++; lines == 40*(round+1) {
				must(t, child.Process.Kill())
			}
		}
		child.Wait()
		clk := clock.NewVirtual(noon)
		s, err := Open(path, Options{Clock: clk})
		must(t, err)
		if s.Notice() != "" || len(s.AllMoving()) != 1 {
			t.Fatal(s.Notice(), s.AllMoving())
		}
		for task, n := range told {
			st := s.Script("task " + task)
			a, _ := st.Get(at("a"))
			for _, path := range [][]any{at("b"), at("list", 1), at("list", "t", "i")} {
				if v, _ := st.Get(path); v != a {
					t.Errorf("task %s: %v is %v, a is %v", task, path, v, a)
				}
			}
			if got, _ := a.(float64); got < float64(n) {
				t.Errorf("task %s was told of %d, the disk has %v", task, n, a)
			}
		}
		clk.Do(func() { must(t, s.Close()) })
	}
}

// The other process is named by a store that it keeps from being opened.
func TestAnotherProcessHasTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+path)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	defer child.Wait()
	defer child.Process.Kill()
	bufio.NewScanner(out).Scan() // it has written once
	_, err = Open(path, Options{Clock: clock.Real()})
	if err == nil || !strings.Contains(err.Error(), path+" is in use by another process") {
		t.Fatal(err)
	}
	if goruntime.GOOS == "linux" && !strings.Contains(err.Error(), fmt.Sprint(" ", child.Process.Pid, ":")) {
		t.Errorf("%v; it is process %d", err, child.Process.Pid)
	}
}
