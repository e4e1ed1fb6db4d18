package runtime

import (
	"testing"
	"time"
)

func TestTourOfPresets(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/tour.lua": `
		hik.spawn(function()
			local yard = hik.device("gate"):channel("yard")
			for _, preset in ipairs{1, 2, 3} do
				yard:preset(preset)
				hik.sleep(10)
				local picture = yard:snapshot()
				print(preset, picture.content_type, picture.size > 1000)
			end
		end)
	`})
	w.start()
	w.run(time.Minute)
	w.wantPrinted("1\timage/jpeg\ttrue", "2\timage/jpeg\ttrue", "3\timage/jpeg\ttrue")
	w.wantSent("gate", "0s goto 1", "10s picture", "10s goto 2", "20s picture", "20s goto 3", "30s picture")
}
