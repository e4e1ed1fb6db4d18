package luaapi

import "testing"

// The same head has several numbers in paths: a raw move of channel 101, the main
// stream of channel 1, is a move of channel 1.
func TestRawMotionBelongsToTheHeadOfItsChannel(t *testing.T) {
	body := []byte("<PTZData><pan>40</pan></PTZData>")
	for path, channel := range map[string]int{
		"/ISAPI/PTZCtrl/channels/1/continuous":                         1,
		"/ISAPI/PTZCtrl/channels/101/continuous":                       1,
		"/ISAPI/PTZCtrl/channels/33/continuous":                        33,
		"/ISAPI/PTZCtrl/channels/3301/continuous":                      33,
		"/ISAPI/ContentMgmt/PTZCtrlProxy/channels/2/continuous":        2,
		"/ISAPI/PTZCtrl/channels/1/presets/3/goto":                     0,
		"/ISAPI/System/Video/inputs/channels/1/focus":                  0,
		"/ISAPI/PTZCtrl/channels/1/continuous/of/something/else/again": 0,
	} {
		got := 0
		if m := rawMotion("PUT", path, body); m != nil {
			got = m.channel
		}
		if got != channel {
			t.Errorf("%s moves the head of channel %d, want %d", path, got, channel)
		}
	}
}
