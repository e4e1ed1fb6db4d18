package sim

import (
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// With HIKLUA_LOOK=folder the scenes are written there, to be looked at.
func TestLook(t *testing.T) {
	dir := os.Getenv("HIKLUA_LOOK")
	if dir == "" {
		t.Skip("HIKLUA_LOOK is not set")
	}
	save := func(name string, v view) {
		f, err := os.Create(filepath.Join(dir, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := png.Encode(f, draw(v)); err != nil {
			t.Fatal(err)
		}
	}
	noon := time.Date(2026, 6, 5, 12, 34, 56, 0, time.UTC)
	dome := view{width: 1280, height: 720, device: "IP DOME", channel: 1, name: "Küche", at: noon, ptz: true}
	for id, p := range defaultPresets() {
		dome.pose = p.pose
		save("preset-"+strconv.Itoa(id), dome)
	}
	dome.at, dome.moving, dome.pose = noon.Add(11*time.Hour), true, Pose{200, 8, 1}
	save("night", dome)
	dome.alarms, dome.width, dome.height, dome.at = []string{"VMD"}, 640, 360, noon.Add(-6*time.Hour)
	save("dawn", dome)
	for ch := 1; ch <= 4; ch++ {
		save("channel-"+strconv.Itoa(ch), view{width: 1280, height: 720, device: "Recorder", channel: ch, name: "gate", at: noon, pose: fixedPose(ch)})
	}
}
