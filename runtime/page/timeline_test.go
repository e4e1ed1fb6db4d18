package page

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// The timeline is for those who are logged in, of as many hours as they ask for, and
// one at a time.
func TestTimeline(t *testing.T) {
	w := newWorld(t)
	begun, goOn := make(chan bool), make(chan bool)
	w.page.conf.Timeline = func(ctx context.Context, to io.Writer, since time.Time) (bool, error) {
		switch hours := clock.Real().Now().Sub(since).Round(time.Hour); hours {
		case 24 * time.Hour:
			begun <- true
			<-goOn
			io.WriteString(to, "<canvas>")
			return true, nil
		case time.Hour:
			return false, nil
		default:
			return false, errors.New("the disk is gone")
		}
	}
	at := w.serve(nil)
	if r := ask(t, "GET", at+"/timeline", ""); r.StatusCode != 401 {
		t.Error(r.Status)
	}
	cookie := login(t, at)
	drawn := make(chan string)
	go func() {
		r := ask(t, "GET", at+"/timeline", "", "Cookie", cookie)
		body, _ := io.ReadAll(r.Body)
		drawn <- r.Status + " " + r.Header.Get("Content-Security-Policy") + " " + string(body)
	}()
	<-begun
	if r := ask(t, "GET", at+"/timeline", "", "Cookie", cookie); r.StatusCode != 503 || r.Header.Get("Retry-After") == "" {
		t.Error(r.Status)
	}
	close(goOn)
	if got := <-drawn; got != "200 OK "+timelinePolicy+" <canvas>" {
		t.Error(got)
	}
	for query, want := range map[string]int{"?hours=1": 404, "?hours=2": 500, "?hours=0": 400, "?hours=745": 400, "?hours=1.5": 400, "?hours=-1": 400} {
		r := ask(t, "GET", at+"/timeline"+query, "", "Cookie", cookie)
		body, _ := io.ReadAll(r.Body)
		if r.StatusCode != want || strings.Contains(string(body), "disk") || r.Header.Get("Content-Security-Policy") != policy {
			t.Error(query, r.Status, string(body), r.Header)
		}
	}
}
