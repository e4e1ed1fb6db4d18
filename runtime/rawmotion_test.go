package runtime

import (
	"testing"
	"time"
)

// A hik.request that drives a head is a motion of its task as ptz_pan_tilt is,
// but is not renewed.
func TestRawMotionIsStopped(t *testing.T) {
	for name, test := range map[string]struct {
		then string
		want []string
	}{
		"end of the task": {`hik.sleep(3)`, []string{"3s continuous 0 0 0"}},
		"limits.motion":   {`hik.sleep(3600)`, []string{"30s continuous 0 0 0"}},
		"ptz_stop":        {`hik.sleep(3) gate:ptz_stop(1) gate:preset(1, 3) hik.sleep(1)`, []string{"3s continuous 0 0 0", "3s goto 3"}},
		"its own stop":    {`hik.sleep(3) raw(0, 0) hik.sleep(1)`, []string{"3s continuous 0 0 0"}},
		"another command": {`hik.sleep(3) gate:preset(1, 3) hik.sleep(1)`, []string{"3s goto 3"}},
		// The zoom of somebody else may still run: the end of the task stops it.
		"a stop of some axes": {`gate:ptz_zoom(1, 20) hik.sleep(1) gate:request("PUT", path, {body = "<PTZData><pan>0</pan><tilt>0</tilt></PTZData>"})`,
			[]string{"0s continuous 0 0 20", "1s continuous 0 0 -", "1s continuous 0 0 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
				local gate, path = hik.device("gate"), "/ISAPI/PTZCtrl/channels/1/continuous"
				local function raw(pan, tilt)
					gate:request("PUT", path, {body = "<PTZData><pan>" .. pan .. "</pan><tilt>" .. tilt .. "</tilt><zoom>0</zoom></PTZData>"})
				end
				hik.spawn(function() raw(40, 0) ` + test.then + ` end)`})
			w.start()
			w.run(time.Minute)
			if w.head().Driven(1) {
				t.Errorf("the head turns\n%s", w.log)
			}
			w.wantSent("gate", append([]string{"0s continuous 40 0 0"}, test.want...)...)
			if t.Failed() {
				t.Log(w.log)
			}
		})
	}
}
