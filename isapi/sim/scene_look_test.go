package sim

import (
	"fmt"
	"image/jpeg"
	"os"
	"testing"
	"time"
)

func TestLook(t *testing.T) {
	n := 0
	save := func(v view) {
		n++
		f, _ := os.Create(fmt.Sprintf("/tmp/look%02d.jpg", n))
		jpeg.Encode(f, draw(v), &jpeg.Options{Quality: 78})
		f.Close()
	}
	at := time.Date(2026, 6, 5, 12, 34, 56, 0, time.UTC)
	b := view{width: 1280, height: 720, device: "IP DOME", channel: 1, name: "yard", at: at, ptz: true}
	for id := 1; id <= 8; id++ {
		b.pose = defaultPresets()[id].pose
		save(b)
	}
	b.at = at.Add(11 * time.Hour)
	b.pose = Pose{45, -4, 2}
	save(b)
	b.at = at.Add(-6 * time.Hour)
	b.pose = Pose{250, -4, 1}
	b.moving = true
	b.width = 640
	b.height = 360
	save(b)
	for ch := 1; ch <= 4; ch++ {
		save(view{width: 1280, height: 720, device: "Recorder", channel: ch, name: "gate", at: at, pose: fixedPose(ch)})
	}
}
func BenchmarkPicture(b *testing.B) {
	v := view{width: 1280, height: 720, device: "IP DOME", channel: 1, name: "yard", at: time.Date(2026, 6, 5, 12, 34, 56, 0, time.UTC), ptz: true, pose: Pose{0, -6, 1}}
	for b.Loop() {
		draw(v)
	}
}
