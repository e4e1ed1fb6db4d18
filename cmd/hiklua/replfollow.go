package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
)

const (
	jobsEvery = time.Second // how often a running host is asked for its jobs
	// jobToldEvery is how often a short run of a job is told that goes well.
	jobToldEvery = time.Minute
)

// followHost shows the log of the host and the runs of its jobs above the line
// that is typed, until ctx ends.
func (r *repl) followHost(ctx context.Context) {
	if session, ok := r.session.(*attached); ok {
		session.log = slog.DiscardHandler // what the session logs is a part of the host's log
	}
	go r.followLog(ctx)
	go r.followJobs(ctx)
}

func (r *repl) followLog(ctx context.Context) {
	client, err := r.reachHost(ctx, r.site.Dir)
	if err != nil {
		return // the next line says that the host has gone
	}
	defer client.Close()
	request := api.LogRequest{Follow: true, LogFilter: api.LogFilter{Level: logLevels[r.logLevel.value]}}
	_ = r.showLog(ctx, client, request, r.entryWriter(r.site.Timezone, false), nil) // it says itself that the host has stopped
}

func (r *repl) followJobs(ctx context.Context) {
	client, err := r.reachHost(ctx, r.site.Dir)
	if err != nil {
		return
	}
	defer client.Close()
	told := jobRuns{}
	for first := true; ; first = false {
		st, err := client.Status(ctx)
		if err != nil {
			return
		}
		for _, line := range told.news(st) {
			if !first {
				io.WriteString(r.stdout, line+"\n")
			}
		}
		select {
		case <-time.After(jobsEvery):
		case <-ctx.Done():
			return
		}
	}
}

// jobRuns is what has been told of jobs, by their names.
type jobRuns map[string]*jobRun

type jobRun struct {
	running bool
	ended   time.Time // the last run that is known to have ended
	told    time.Time
}

// news is what has become of the jobs since: who runs, and how runs ended.
func (told jobRuns) news(st runtime.Status) []string {
	var lines []string
	for _, j := range st.Jobs {
		name := inShare(j.Share, j.Script+"/"+j.Name)
		before := told[name]
		if before == nil {
			before = &jobRun{}
			told[name] = before
		}
		say := func(format string, args ...any) {
			before.told = st.Now
			lines = append(lines, st.Now.Format(time.TimeOnly)+" JOB "+name+fmt.Sprintf(format, args...))
		}
		was := before.running
		before.running = j.Running > 0
		if j.Last != nil && j.Last.Ended != nil && j.Last.Ended.After(before.ended) {
			before.ended = *j.Last.Ended
			failed := j.Last.Outcome != runtime.OutcomeOK
			if was || failed || st.Now.Sub(before.told) >= jobToldEvery {
				text := ""
				if j.Last.Error != nil {
					text = ": " + firstLine(j.Last.Error.Message)
				}
				say(" %s after %.1fs%s", j.Last.Outcome, j.Last.Duration, text)
			}
		}
		if before.running && !was {
			say(" runs")
		}
	}
	return lines
}
