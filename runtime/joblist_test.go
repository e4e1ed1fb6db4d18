package runtime

import (
	"slices"
	"testing"

	"github.com/hiklua/hiklua/luaapi"
)

// Jobs keep their order while others leave, and a hundred thousand leave one after
// another without each moving those behind it.
func TestJobListKeepsItsOrder(t *testing.T) {
	const many = 100_000
	var l jobList
	jobs := make([]*job, many)
	for i := range jobs {
		jobs[i] = &job{name: "after"}
		l.add(jobs[i])
	}
	for i, j := range jobs {
		if i%3 != 1 {
			l.drop(j)
			l.drop(j) // a job may leave twice
		}
	}
	var want []*job
	for i := 1; i < many; i += 3 {
		want = append(want, jobs[i])
	}
	if got := l.all(); !slices.Equal(got, want) || l.len() != len(want) {
		t.Fatalf("%d jobs (%d), want %d", len(got), l.len(), len(want))
	}
	named := &job{name: want[7].name, spec: luaapi.JobSpec{Name: want[7].name}}
	if replaced := l.add(named); replaced != want[7] {
		t.Error("the job with that name was not replaced")
	}
	l.drop(want[7]) // replaced: it has left already
	if want[7] = named; !slices.Equal(l.all(), want) {
		t.Error("the new one is not in the place of the old one")
	}
	for _, j := range want {
		l.drop(j)
	}
	if l.len() != 0 || len(l.list) != 0 || len(l.named) != 0 {
		t.Errorf("%d jobs are left, %d places, %d names", l.len(), len(l.list), len(l.named))
	}
}
