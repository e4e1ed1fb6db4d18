package runtime

import (
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// slowError takes a while to be told apart from the orderly ends of a task.
type slowError struct{}

func (slowError) Error() string { return "slow" }

func (slowError) Is(error) bool {
	time.Sleep(5 * time.Millisecond)
	return false
}

// The status of exec is that of its tasks: the one that ends last is counted by the time
// its end is known, whatever finishing it takes.
func TestTaskThatEndsLastIsCounted(t *testing.T) {
	r := newRunning(t, "{}\n", nil)
	s := r.host.newScript("exec", "-e", Output{})
	defer s.stop(errShutdown)
	s.live = true
	last, err := s.newTask(taskSpec{name: "last"})
	if err != nil {
		t.Fatal(err)
	}
	last.start(func(*lua.LState) error { return slowError{} })
	if err := s.waitSpawned(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.failed.Load(); n != 1 {
		t.Errorf("%d tasks have failed when the end of the last is known, want 1", n)
	}
}
