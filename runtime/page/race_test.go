package page

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/site"
)

// TestAllAtOnce has people look on, slowly and quickly, log in and out, while
// much happens and the settings change, in real time; then all of it ends.
func TestAllAtOnce(t *testing.T) {
	w := newWorld(t)
	at := w.serve(nil)
	listen := strings.TrimPrefix(at, "http://")
	ctx, stop := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer stop()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				w.feed.Record(command(fmt.Sprint(i, " ", n)))
				w.feed.Record(noticed("motion"))
				fmt.Fprintf(w.ring, `{"msg":"line %d"}`+"\n", n)
				w.change(func(st *runtime.Status) { st.Devices[0].Queue = n })
				if n%500 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	client := &http.Client{Transport: &http.Transport{}}
	get := func(path string, read func(io.Reader)) {
		r, err := http.NewRequestWithContext(ctx, "GET", at+path, nil)
		if err != nil {
			t.Error(err)
			return
		}
		r.Header.Set("Authorization", "Bearer "+secret)
		answer, err := client.Do(r)
		if err != nil {
			return // the page is just being changed
		}
		read(answer.Body)
		answer.Body.Close()
	}
	for i := range 6 {
		all.Go(func() {
			for ctx.Err() == nil {
				get("/api/stream", func(body io.Reader) {
					buf := make([]byte, 100<<(2*i))
					for ctx.Err() == nil {
						if _, err := body.Read(buf); err != nil {
							return
						}
					}
				})
				time.Sleep(time.Millisecond)
			}
		})
		all.Go(func() {
			for ctx.Err() == nil {
				get(picturePath("gate", 1), func(body io.Reader) { io.Copy(io.Discard, body) })
				w.page.Link()
				w.page.Counts()
				time.Sleep(time.Millisecond)
			}
		})
	}
	all.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			web := site.DefaultWeb()
			web.Password = isapi.NewSecret(secret)
			web.Listen, web.Hosts = listen, []string{fmt.Sprint("name", n)}
			w.page.Reconfigure(web)
			time.Sleep(50 * time.Millisecond)
		}
	})
	all.Wait()
	began := time.Now()
	w.page.Close()
	if took := time.Since(began); took > 30*time.Second {
		t.Error("the end took", took)
	}
	if n := w.page.Counts().Viewers; n != 0 {
		t.Error(n, "viewers are left")
	}
	client.CloseIdleConnections()
}
