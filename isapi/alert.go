package isapi

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// The states of an Alert.
const (
	StateActive   = "active"
	StateInactive = "inactive"
)

// Alert is one message of a device's event stream. "active" is a level that
// devices repeat while an alarm goes on, not an edge, and some never send
// "inactive".
type Alert struct {
	Type   string // motion, line_crossing, ... ; the native type where there is no word for it
	Native string // eventType as it stands: VMD
	State  string // active, inactive, or what else the device says

	Channel int       // human number; 0: the device itself
	Guess   bool      // Channel is a guess until Channels has listed them, see AlertStream.Place
	Port    int       // alarm input, 0: none; 301 is port 1 of the camera on channel 3
	Time    time.Time // by the device's clock; zero: it does not say, or not readably
	Past    bool      // the device says itself that it noticed this earlier, and tells it late
	Single  bool      // an event of its own, not a level that is repeated: a number plate, a card, a face
	Count   int       // activePostCount; no sequence number, devices count differently

	// Heartbeat: sent while nothing happens. It is also how the end of a real
	// loss of video looks on that channel.
	Heartbeat bool

	Description string
	Target      string // human, vehicle, ...; may be empty
	Rect        *Rect  // where the target is
	Region      *Region

	Image    []byte // a picture that came with it
	Pictures int    // how many pictures the device announces to send behind it
	// Attachment: the alert itself was delivered before, this is its picture.
	Attachment bool

	Raw []byte // the document as it came

	number int // of the channel, as the device has it
}

// Rect is a part of the picture, in 0..1 of its width and height.
type Rect struct{ X, Y, Width, Height float64 }

// Region is the rule's region that fired.
type Region struct {
	ID     int
	Points []Point
}

// Point is in 0..1 of the picture's width and height, in the device's axes.
type Point struct{ X, Y float64 }

var aliases = map[string]string{
	"vmd": "motion", "vmdhumanvehicle": "motion", "motion": "motion", "motiondetection": "motion",
	"linedetection":   "line_crossing",
	"fielddetection":  "intrusion",
	"regionentrance":  "region_enter",
	"regionexiting":   "region_exit",
	"tamperdetection": "tamper", "shelteralarm": "tamper", "tamper": "tamper",
	"videoloss":            "video_loss",
	"scenechangedetection": "scene_change",
	"facedetection":        "face", "facesnap": "face",
	"audioexception": "audio", "audiodetection": "audio",
	"io":       "io",
	"diskfull": "storage_full", "hdfull": "storage_full",
	"diskerror": "storage_error", "hderror": "storage_error",
	"illaccess": "login_failed",
}

// AlertType is the word that Alert.Type has for a native event type, the type
// itself where there is no word. known reports whether there is one.
func AlertType(native string) (word string, known bool) {
	if word, ok := aliases[strings.ToLower(native)]; ok {
		return word, true
	}
	return native, false
}

// AlertWords are the words that Alert.Type has for native types, sorted.
func AlertWords() []string {
	return slices.Compact(slices.Sorted(maps.Values(aliases)))
}

// readAlert reads an EventNotificationAlert. nil: it is none.
func (c *Client) readAlert(root *Node, raw []byte) *Alert {
	if !strings.EqualFold(root.Name, "EventNotificationAlert") {
		return nil
	}
	a := &Alert{Native: root.Get("eventType"), State: strings.ToLower(root.Get("eventState")), Description: root.Get("eventDescription"), Raw: raw}
	if a.Native == "" {
		return nil
	}
	if strings.EqualFold(a.Native, "duration") {
		// What goes on stands inside; its own start may never have been sent.
		if real := root.Find("relationEvent"); real != nil && real.Text != "" {
			a.Native = real.Text
		}
	}
	a.Type, _ = AlertType(a.Native)
	a.number, a.Port = eventPlace(root)
	a.Channel, a.Guess = c.humanChannel(a.number)
	a.Time = c.eventTime(root)
	a.Past = isPast(root)
	a.Single = IsSingle(a.Native)
	a.Pictures = announcedPictures(root)
	a.Count, _ = root.Int("activePostCount")
	a.Heartbeat = a.State == StateInactive && strings.EqualFold(a.Native, "videoloss") ||
		strings.EqualFold(a.Native, "heartbeat") ||
		strings.EqualFold(a.Native, "other") && strings.EqualFold(a.Description, "heartbeat")
	a.Target = strings.ToLower(first(root.Find, "detectionTarget", "targetType", "objectType"))
	a.Rect = readRect(root.Find("TargetRect"))
	a.Region = readRegion(root.Find("DetectionRegionEntry"))
	return a
}

func (n *Node) text() string {
	if n == nil {
		return ""
	}
	return n.Text
}

func readRect(n *Node) *Rect {
	r := &Rect{}
	for _, f := range []struct {
		to   *float64
		name string
	}{{&r.X, "X"}, {&r.Y, "Y"}, {&r.Width, "width"}, {&r.Height, "height"}} {
		v, ok := n.Float(f.name)
		if !ok || v < 0 {
			return nil
		}
		*f.to = v
	}
	if r.X > 1 || r.Y > 1 || r.Width > 1 || r.Height > 1 {
		*r = Rect{r.X / 1000, r.Y / 1000, r.Width / 1000, r.Height / 1000}
	}
	return r
}

func readRegion(n *Node) *Region {
	id, ok := n.Int("regionID")
	if !ok {
		return nil
	}
	r := &Region{ID: id}
	for _, p := range n.Child("RegionCoordinatesList").All("RegionCoordinates") {
		x, okX := p.Float("positionX")
		y, okY := p.Float("positionY")
		if okX && okY {
			r.Points = append(r.Points, Point{x / 1000, y / 1000})
		}
	}
	return r
}

// jsonNode makes the tree of an XML document out of a JSON one.
func jsonNode(body []byte) (*Node, error) {
	var doc map[string]any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	root := &Node{Name: "EventNotificationAlert"}
	if inner, ok := doc[root.Name].(map[string]any); ok {
		doc = inner
	}
	addJSON(root, doc, 0)
	return root, nil
}

func addJSON(n *Node, v any, depth int) {
	if depth > maxXMLDepth {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			items, list := v[name].([]any)
			if !list {
				items = []any{v[name]}
			}
			for _, item := range items {
				child := &Node{Name: name}
				addJSON(child, item, depth+1)
				n.Children = append(n.Children, child)
			}
		}
	case json.Number:
		n.Text = v.String()
	default:
		n.Text = jsonText(v)
	}
}
