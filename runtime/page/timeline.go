package page

import (
	"net/http"
	"strconv"
	"time"
)

const (
	// timelineHours are drawn if nothing else is asked for, timelineMost at most.
	timelineHours = 24
	timelineMost  = 31 * 24
	// timelinePolicy leaves script and style to the policy that stands in the page
	// itself, with the sum of each.
	timelinePolicy = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// timeline answers with the timeline of the last hours. The record of a night is
// long, so one is made at a time.
func (f *front) timeline(w http.ResponseWriter, r *http.Request) {
	hours := timelineHours
	if text := r.URL.Query().Get("hours"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > timelineMost {
			f.refuse(w, r, http.StatusBadRequest, "misuse", "hours is a whole number from 1 to "+strconv.Itoa(timelineMost), "")
			return
		}
		hours = n
	}
	select {
	case f.page.drawing <- struct{}{}:
		defer func() { <-f.page.drawing }()
	default:
		setRetry(w, 5*time.Second)
		f.refuse(w, r, http.StatusServiceUnavailable, "busy", "another timeline is being drawn", "try again in a moment")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", timelinePolicy)
	anything, err := f.page.conf.Timeline(r.Context(), w, f.page.conf.Clock.Now().Add(-time.Duration(hours)*time.Hour))
	if err == nil && anything {
		return
	}
	w.Header().Set("Content-Security-Policy", policy)
	if err != nil {
		f.page.conf.Log.Warn("the timeline cannot be drawn", keyError, err)
		f.refuse(w, r, http.StatusInternalServerError, "error", "the timeline cannot be drawn", `"hiklua journal" tells the same`)
		return
	}
	f.refuse(w, r, http.StatusNotFound, "not_found", "nothing is on record of that time", "")
}
