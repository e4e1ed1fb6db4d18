package rehearsal

import (
	"net/http"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// noteRequest makes a request of hik.http an action of the timeline.
func (r *rehearsal) noteRequest(req *http.Request, _ []byte) {
	if r.over {
		return
	}
	script, job, task := runtime.TaskOf(req.Context())
	// The rest of an address may be a secret: many services have theirs there.
	r.timeline.Add(timeline.Action{
		Time: r.clk.Now(), Kind: timeline.Request, Script: script, Job: job, Task: task,
		Text: "asks " + req.URL.Host + " by " + req.Method,
	})
}
