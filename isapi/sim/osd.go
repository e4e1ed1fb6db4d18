package sim

import (
	"fmt"
	"math"
	"strings"
)

var (
	white   = ink{235, 128, 128}
	black   = ink{16, 128, 128}
	amber   = paint{255, 190, 60}.ink()
	alarmed = paint{235, 50, 40}.ink()
)

// osd is what the device writes over the picture.
func (s *scene) osd() {
	scale := max(0.5, float64(s.h)/360)
	margin := 8 * scale
	right := func(y float64, text string) {
		s.outlined(float64(s.w)-margin-textWidth(text, scale), y, scale, text)
	}
	s.outlined(margin, margin, scale, s.v.at.Format("2006-01-02 Mon 15:04:05"))
	right(margin, s.v.device)
	if len(s.v.alarms) > 0 {
		t := max(2, int(2*scale))
		for _, b := range [][4]int{{0, 0, s.w, t}, {0, s.h - t, s.w, s.h}, {0, 0, t, s.h}, {s.w - t, 0, s.w, s.h}} {
			s.box(b[0], b[1], b[2], b[3], alarmed)
		}
		s.outlined(margin, margin+20*scale, scale, strings.Join(s.v.alarms, " "))
	}
	bottom := float64(s.h) - margin - glyphHeight*scale
	channel := fmt.Sprintf("CH%d %s", s.v.channel, s.v.name)
	if !s.v.ptz {
		right(bottom, channel)
		return
	}
	right(bottom-34*scale, channel)
	s.compass(scale)
}

var winds = []string{"N", "NE", "E", "SE", "S", "SW", "W", "NW"}

// compass is a ribbon of 180 degrees with the numbers below it, and a scale of
// elevations at the right side.
func (s *scene) compass(scale float64) {
	w, h := float64(s.w), float64(s.h)
	s.shade(0, int(h-38*scale), s.w, s.h, black, 150)
	left, width := w*0.06, w*0.88
	top := h - 36*scale
	k := width / 180
	for a := 0; a < 360; a += 5 {
		d := math.Mod(float64(a)-s.v.pose.Pan+540, 360) - 180
		if math.Abs(d) > 90 {
			continue
		}
		x, tick := left+width/2+d*k, 3*scale
		if a%45 == 0 {
			label := winds[a/45]
			s.text(x-textWidth(label, scale)/2, top-scale, scale, label, amber)
			continue
		} else if a%15 == 0 {
			tick = 7 * scale
		}
		s.rect(x-scale/2, top+2*scale, x+scale/2, top+2*scale+tick, white)
	}
	for i := 0.0; i < 5*scale; i++ { // the mark of where it looks
		s.rect(left+width/2-i/1.2, top-1-i, left+width/2+i/1.2+1, top-i, amber)
	}
	text := fmt.Sprintf("PAN %05.1f°  TILT %+05.1f°  ZOOM %4.1fx", s.v.pose.Pan, s.v.pose.Tilt, s.v.pose.Zoom)
	if s.v.moving {
		text += "  MOVING"
	}
	s.text(w/2-textWidth(text, scale)/2, h-19*scale, scale, text, white)
	s.ladder(scale)
}

// ladder shows the tilt: from the highest to the lowest elevation.
func (s *scene) ladder(scale float64) {
	x, top, height := float64(s.w)-14*scale, float64(s.h)*0.2, float64(s.h)*0.5
	s.shade(int(x-6*scale), int(top-6*scale), int(x+10*scale), int(top+height+6*scale), black, 120)
	at := func(e float64) float64 { return top + (tiltHigh-e)/(tiltHigh-tiltLow)*height }
	for e := tiltLow; e <= tiltHigh; e += 10 {
		tick := 4 * scale
		if e == 0 {
			tick = 10 * scale
		}
		s.rect(x-2*scale, at(e)-scale/2, x-2*scale+tick, at(e)+scale/2, white)
	}
	y := at(s.v.pose.Tilt)
	for i := 0.0; i < 5*scale; i++ {
		s.rect(x-8*scale+i-1, y-(5*scale-i)/1.4, x-8*scale+i, y+(5*scale-i)/1.4, amber)
	}
}
