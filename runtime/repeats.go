package runtime

import (
	"fmt"
	"time"

	"github.com/hiklua/hiklua/luaapi"
)

// repeatsTold is how often the log tells that a job still fails in the same way.
const repeatsTold = time.Hour

// repeats is the error that the runs of a job end with again and again: a camera
// that is off all night is one line, not one for each run. Guarded by script.mu.
type repeats struct {
	text  string    // with its place; "": the last run was well
	since time.Time // its first time
	told  time.Time // the last line about it
	more  int       // times since then
}

// fold reports whether an error of a run is the same as that of the run before,
// which the log has.
func (j *job) fold(r luaapi.Report) bool {
	s := j.script
	s.mu.Lock()
	defer s.mu.Unlock()
	text, now := r.Place()+" "+r.Kind+" "+r.Message, s.host.clk.Now()
	if text != j.repeats.text {
		j.tellRepeats("")
		j.repeats = repeats{text: text, since: now, told: now}
		return false
	}
	j.repeats.more++
	if now.Sub(j.repeats.told) >= repeatsTold {
		j.tellRepeats("")
		j.repeats.told, j.repeats.more = now, 0
	}
	return true
}

// works notes that a run was well.
func (j *job) works() {
	s := j.script
	s.mu.Lock()
	defer s.mu.Unlock()
	j.tellRepeats("; it works again")
	j.repeats = repeats{}
}

// tellRepeats tells what was left out of the log. Called with script.mu held.
func (j *job) tellRepeats(end string) {
	if j.repeats.more == 0 {
		return
	}
	zone, times := j.script.site.Timezone, "times"
	if j.repeats.more == 1 {
		times = "time"
	}
	j.script.out.Log.Warn(fmt.Sprintf("the same error %d more %s until %s%s", j.repeats.more, times,
		j.script.host.clk.Now().In(zone).Format("15:04"), end),
		keyScript, j.script.name, keyJob, j.name, "since", j.repeats.since.In(zone).Format(time.DateTime))
}
