package page

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/runtime"
)

func picturePath(name string, channel int) string {
	return fmt.Sprintf("/api/devices/%s/channels/%d/picture", name, channel)
}

// looking asks for pictures as a page does, every 2 s, for so long.
func (w *world) looking(viewers int, d time.Duration, paths ...string) (got int) {
	for range d / (2 * time.Second) {
		for range viewers {
			for _, path := range paths {
				if w.get(path).StatusCode == 200 {
					got++
				}
			}
		}
		time.Sleep(2 * time.Second)
	}
	return got
}

// taken is how many pictures of a channel the device was asked for.
func (w *world) taken(place string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[place]
}

// told is what was put on record.
func (w *world) told() (lines []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.record {
		lines = append(lines, string(e.Kind)+" "+e.What+" "+e.Detail)
	}
	return lines
}

func (w *world) slow(d time.Duration, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.takes, w.refusing = d, err
}

func inBubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.inMemory()
		f(t, w)
		w.page.Close()
	})
}

// Twenty that look cost the device what one does, and when they are gone it
// costs nothing.
func TestPicturesOfManyViewers(t *testing.T) {
	for _, viewers := range []int{1, 20} {
		inBubble(t, func(t *testing.T, w *world) {
			w.slow(100*time.Millisecond, nil)
			if r := w.get(picturePath("gate", 1)); r.StatusCode != 204 {
				t.Error(r.Status)
			}
			time.Sleep(time.Second)
			w.looking(viewers, 20*time.Second, picturePath("gate", 1))
			if n := w.taken("gate/1"); n < 10 || n > 12 {
				t.Errorf("%d viewers: %d pictures in 21 s", viewers, n)
			}
			before := w.taken("gate/1")
			time.Sleep(time.Hour)
			if n := w.taken("gate/1") - before; n > 3 {
				t.Errorf("%d pictures after they had gone", n)
			}
			w.page.looks.mu.Lock()
			kept := len(w.page.looks.devices)
			w.page.looks.mu.Unlock()
			if kept > 0 {
				t.Error("the pictures are kept")
			}
			if told, want := w.told(), []string{"view start ", "view stop " + fmt.Sprint(w.taken("gate/1"))}; !slices.Equal(told, want) {
				t.Error(told, want)
			}
		})
	}
}

// What is answered: the picture, how old it is, and nothing twice.
func TestPictureAnswers(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.get(picturePath("gate", 1))
		time.Sleep(1500 * time.Millisecond)
		r := w.get(picturePath("gate", 1))
		tag := r.Header.Get("ETag")
		if body := text(t, r); r.StatusCode != 200 || r.Header.Get("Content-Type") != "image/jpeg" || r.Header.Get("Age") != "1" || tag == "" || body != "\xff\xd8 gate" {
			t.Error(r.Status, r.Header, body)
		}
		if r := w.get(picturePath("gate", 1), "If-None-Match", tag); r.StatusCode != 304 || text(t, r) != "" {
			t.Error(r.Status)
		}
		time.Sleep(2 * time.Second)
		if r := w.get(picturePath("gate", 1), "If-None-Match", tag); r.StatusCode != 200 || r.Header.Get("ETag") == tag {
			t.Error(r.Status, r.Header)
		}
		for _, path := range []string{picturePath("gate", 2), picturePath("nobody", 1), picturePath("gate", 0), picturePath("gate", -1), "/api/devices/gate/channels/x/picture", "/api/devices/gate/channels/1/"} {
			if r := w.get(path); path != "/api/devices/gate/channels/1/" && r.StatusCode != 404 {
				t.Error(path, r.Status)
			}
		}
		if w.taken("gate/1") != 2 || w.taken("gate/2") > 0 {
			t.Error(w.taken("gate/1"), w.taken("gate/2"))
		}
	})
}

// A camera that takes long is asked a fifth of its time at most.
func TestPicturesOfSlowDevice(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.slow(700*time.Millisecond, nil)
		w.looking(5, 70*time.Second, picturePath("gate", 1), picturePath("gate", 2))
		w.change(func(st *runtime.Status) {
			st.Devices[0].Channels = append(st.Devices[0].Channels, runtime.ChannelStatus{ID: 2})
		})
		if n := w.taken("gate/1"); n < 18 || n > 21 {
			t.Errorf("%d pictures of 700 ms in 70 s", n)
		}
		before := w.taken("gate/1")
		w.looking(5, 70*time.Second, picturePath("gate", 1), picturePath("gate", 2))
		one, two := w.taken("gate/1")-before, w.taken("gate/2")
		if one+two < 18 || one+two > 21 || max(one, two)-min(one, two) > 1 {
			t.Error(one, "and", two, "pictures of two channels in 70 s")
		}
	})
}

// A device that scripts keep busy for long is looked at again after a while, and
// holds up no other.
func TestPicturesOfBusyDevice(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.slow(time.Hour, nil) // in its queue
		w.looking(1, 110*time.Second, picturePath("gate", 1))
		if n := w.taken("gate/1"); n != 3 {
			t.Error(n, "tries")
		}
	})
}

// Four devices are asked at once, and no device twice.
func TestPicturesAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var paths []string
		w.change(func(st *runtime.Status) {
			for i := range 20 {
				name := fmt.Sprint("cam", i)
				d := online(name)
				d.Channels = append(d.Channels, runtime.ChannelStatus{ID: 2})
				st.Devices = append(st.Devices, d)
				paths = append(paths, picturePath(name, 1), picturePath(name, 2))
			}
		})
		w.slow(time.Second, nil)
		w.looking(3, 30*time.Second, paths...)
		w.mu.Lock()
		most := w.most
		w.mu.Unlock()
		if most != looksAtOnce {
			t.Error(most, "at once")
		}
		for i := range 20 {
			if w.taken(fmt.Sprintf("cam%d/1", i))+w.taken(fmt.Sprintf("cam%d/2", i)) == 0 {
				t.Error("cam", i, "never has its turn")
			}
		}
	})
}

// A device that refuses is left alone for 10 s; one that is not online is not
// asked, and an old picture of it is not shown.
func TestPicturesOfDevicesInTrouble(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.slow(0, errors.New("busy"))
		w.looking(3, 60*time.Second, picturePath("gate", 1))
		if n := w.taken("gate/1"); n < 5 || n > 7 {
			t.Error(n, "tries in a minute")
		}
		w.slow(0, nil)
		w.looking(1, 20*time.Second, picturePath("yard", 1))
		for _, state := range []string{"offline", "unauthorized", "locked", "unknown", "elsewhere"} {
			w.change(func(st *runtime.Status) { st.Devices[1].State = state })
			time.Sleep(2 * wantedFor)
			before := w.taken("yard/1")
			if got := w.looking(3, 15*time.Second, picturePath("yard", 1)); got > 0 || w.taken("yard/1") > before {
				t.Error(state, got, w.taken("yard/1")-before)
			}
		}
		if n := w.page.Counts().Pictures; n["error"] < 5 || n["ok"] < 5 {
			t.Error(n)
		}
	})
}

// web.pictures is the time between two, and turns them off.
func TestPicturesSetting(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.page.front.web.Pictures = 10 * time.Second
		w.looking(1, 60*time.Second, picturePath("gate", 1))
		if n := w.taken("gate/1"); n < 6 || n > 7 {
			t.Error(n, "pictures in a minute")
		}
		w.page.front.web.Pictures = 0
		if got := w.looking(1, 20*time.Second, picturePath("yard", 1)); got > 0 || w.taken("yard/1") > 0 {
			t.Error("pictures, where they are off")
		}
	})
}

// The page ends while a picture is under way, and while a device rests.
func TestPicturesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.inMemory()
		w.slow(20*time.Second, nil)
		w.get(picturePath("gate", 1))
		time.Sleep(time.Second)
		began := time.Now()
		w.page.Close()
		if took := time.Since(began); took > time.Second {
			t.Error("the end took", took)
		}
		if told := w.told(); !slices.Equal(told, []string{"view start ", "view stop 1"}) {
			t.Error(told)
		}
	})
}
