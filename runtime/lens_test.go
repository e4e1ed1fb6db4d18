package runtime

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A focus that runs is stopped as a head is, beside a head that moves.
func TestLensIsStoppedWithItsTask(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		local yard = hik.device("gate"):channel("yard")
		hik.spawn(function()
			yard:focus(30)
			yard:iris(-20, {duration = 2})
			yard:ptz_pan_tilt(10, 0)
			hik.sleep(1.5)
			error("no")
		end)`})
	w.start()
	w.run(10 * time.Second)
	var got []string
	for _, e := range w.head().Journal() {
		if e.Status == 200 && strings.Contains(e.Body, "<focus>") || e.Status == 200 && strings.Contains(e.Body, "<iris>") {
			body := e.Body[strings.Index(e.Body, "Data><")+6:]
			got = append(got, fmt.Sprintf("%v %s", e.Start.Sub(noon).Round(100*time.Millisecond), body[:strings.Index(body, "</")]))
		}
	}
	want := []string{"0s focus>30", "0s iris>-20", "2s focus>30", "2s iris>0", "3.5s focus>0"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q\nwant %q\n%s", got, want, w.log)
	}
	if w.head().Driven(1) {
		t.Error("the head was not stopped")
	}
}
