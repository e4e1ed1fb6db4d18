package isapi

import (
	"strings"
	"sync"
	"time"
)

// knowledge is what a client and its siblings have found out about their
// device: which of several paths works for a channel. None of it is secret
// and none of it is lost by asking again.
type knowledge struct {
	mu       sync.Mutex
	inputs   *inputs              // nil: not asked yet
	pictures map[int]int          // channel -> index in pictureRoutes
	frames   map[int]frame        // channel -> size of its pictures
	poses    map[int]Pose         // channel -> where its head last looked
	heads    map[int]string       // channel -> base path of its PTZ commands
	apart    map[int]bool         // channel -> pan/tilt and zoom must be sent apart
	absolute map[int]int          // channel -> 0 absolute, 1 absoluteEx
	limits   map[int]limits       // channel -> how far its head goes
	lens     map[int]string       // channel -> base path of focus and iris
	ptzIDs   []int                // what GET PTZCtrl/channels listed; nil: not asked yet
	special  map[int]map[int]bool // channel -> presets that are functions
	headSeen map[int]bool         // channel -> its status answered (true) or failed (false)
	zone     *time.Location       // of the device's clock; nil: not known yet
	prefix   string               // of all paths, in the place of /ISAPI
}

func newKnowledge() *knowledge {
	return &knowledge{
		pictures: map[int]int{}, frames: map[int]frame{}, poses: map[int]Pose{}, heads: map[int]string{}, apart: map[int]bool{}, absolute: map[int]int{},
		limits: map[int]limits{}, lens: map[int]string{},
		special: map[int]map[int]bool{}, headSeen: map[int]bool{}, prefix: isapiPrefix,
	}
}

// inputs is how a device's channels come about.
type inputs struct {
	recorder bool        // it answers InputProxy
	analog   int         // inputs of its own on a recorder
	proxy    map[int]int // channel -> id under InputProxy
}

// know and learn read and write a field under the lock.
func know[V any](k *knowledge, field *V) V {
	k.mu.Lock()
	defer k.mu.Unlock()
	return *field
}

func learn[V any](k *knowledge, field *V, v V) {
	k.mu.Lock()
	*field = v
	k.mu.Unlock()
}

const isapiPrefix = "/ISAPI"

// oldPrefixes are those of firmware of before ISAPI, which serves much of the
// same tree.
var oldPrefixes = []string{"", "/PSIA"}

// path is where the device has what ISAPI has at path.
func (k *knowledge) path(path string) string {
	prefix := know(k, &k.prefix)
	rest, ours := strings.CutPrefix(path, isapiPrefix+"/")
	if !ours || prefix == isapiPrefix {
		return path
	}
	return prefix + "/" + rest
}

// old reports whether the firmware is of before ISAPI.
func (k *knowledge) old() bool { return know(k, &k.prefix) != isapiPrefix }

// recall and note read and write one of the maps under the lock.
func recall[V any](k *knowledge, m map[int]V, channel int) (V, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := m[channel]
	return v, ok
}

func note[V any](k *knowledge, m map[int]V, channel int, v V) {
	k.mu.Lock()
	m[channel] = v
	k.mu.Unlock()
}
