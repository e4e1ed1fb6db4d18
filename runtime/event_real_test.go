package runtime

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// The same over the machine's own loopback: an alarm that goes on when the
// stream is opened is told at once, with its picture, and the end of the
// program ends the stream.
func TestEventsOverARealConnection(t *testing.T) {
	device := sim.New(sim.Options{Model: sim.IPC, Username: "op", Password: "pass-27182"})
	device.Raise(sim.Alert{Type: "line_crossing", Channel: 1, Region: 2, Target: "vehicle", Picture: true})
	server := httptest.NewServer(device)
	defer server.Close()
	host, port := place(t, server)
	yaml := fmt.Sprintf("devices:\n  cam: {ip: %s, port: %s, username: op, password: \"${PW}\"}\n", host, port)
	began := time.Now()
	got, result := execReal(t, yaml, map[string]string{"PW": "pass-27182"}, `
		local cam = hik.device("cam")
		local event = cam:wait("line_crossing", {timeout = 60})
		print(event.native, event.channel, event.region, event.target, event.image and event.image.content_type, cam.events)
		print(cam:wait("line_crossing", {timeout = 0.2})) -- it goes on: no second start
	`)
	if result.Err != nil || got != "linedetection\t1\t2\tvehicle\timage/jpeg\tflowing\nnil" {
		t.Errorf("%q %v", got, result.Err)
	}
	if took := time.Since(began); took > 50*time.Second {
		t.Errorf("it took %v", took)
	}
}
