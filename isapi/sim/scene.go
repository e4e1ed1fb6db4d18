package sim

import (
	"fmt"
	"image"
	"math"
)

// The scene is a landscape around the camera: every thing has an azimuth and
// an elevation in degrees, so that pan, tilt and zoom are a shift and a scale.
type scene struct {
	*canvas
	v     view
	k     float64 // pixels a degree
	light float64 // of the day: 0 night, 1 day
	seed  uint64
}

// draw makes the picture of v; the same view gives the same bytes.
func draw(v view) image.Image {
	w, _ := fieldOfView(v.pose.Zoom)
	s := &scene{canvas: newCanvas(v.width, v.height), v: v, k: float64(v.width) / w, light: daylight(v), seed: uint64(v.channel)}
	if v.ptz {
		s.seed = 0
	}
	s.sky()
	s.hills()
	s.ground()
	s.town()
	s.landmarks()
	s.posts()
	s.car()
	s.osd()
	return s.YCbCr // the encoder is quick with this type
}

func daylight(v view) float64 {
	hour := float64(v.at.Hour()) + float64(v.at.Minute())/60
	ramp := func(from, to float64) float64 { return math.Max(0, math.Min(1, (hour-from)/(to-from))) }
	light := ramp(5.5, 7.5) * (1 - ramp(19, 21))
	return light*light*(3-2*light)*0.8 + 0.2
}

// x and y are where an azimuth and an elevation stand in the picture.
func (s *scene) x(azimuth float64) float64 {
	d := math.Mod(azimuth-s.v.pose.Pan+540, 360) - 180
	return float64(s.w)/2 + d*s.k
}

func (s *scene) y(elevation float64) float64 {
	return float64(s.h)/2 - (elevation-s.v.pose.Tilt)*s.k
}

// lit is a colour at this time of day.
func (s *scene) lit(p paint) ink {
	light := s.light
	if s.v.light {
		light = math.Max(light, 0.62)
	}
	return paint{p.r * light, p.g * light, p.b*light + 14*(1-light)}.ink()
}

// area fills between azimuths and elevations.
func (s *scene) area(a0, e0, a1, e1 float64, k ink) {
	x0, width := s.x(a0), (a1-a0)*s.k
	s.rect(x0, s.y(e1), x0+width, s.y(e0), k)
	if x0+width < 0 { // it may come round from the other side
		s.rect(x0+360*s.k, s.y(e1), x0+width+360*s.k, s.y(e0), k)
	}
}

func (s *scene) disc(a, e, ra, re float64, k ink) { s.ellipse(s.x(a), s.y(e), ra*s.k, re*s.k, k) }

// random is a number from 0 to 1 that belongs to a thing of the scene.
func (s *scene) random(n int) float64 {
	x := (uint64(n)+1)*0x9e3779b97f4a7c15 ^ (s.seed+11)*0xd6e8feb86659fd93
	x = (x ^ x>>32) * 0xd6e8feb86659fd93
	x ^= x >> 32
	return float64(x>>11) / (1 << 53)
}

func (s *scene) sky() {
	horizon := int(s.y(0))
	high, low := paint{70, 125, 200}, paint{200, 220, 238}
	if s.light < 0.9 && s.light > 0.25 { // dawn and dusk
		low = low.mix(paint{250, 170, 110}, 0.6)
	}
	for y := 0; y < min(horizon+1, s.h); y++ {
		e := s.v.pose.Tilt + (float64(s.h)/2-float64(y))/s.k
		p := low.mix(high, math.Min(1, e/35))
		night := paint{6, 9, 24}
		s.box(0, y, s.w, y+1, night.mix(p, (s.light-0.2)/0.8).ink())
	}
	if s.light < 0.3 {
		for i := range 260 {
			r := math.Max(1.1, s.k*0.045)
			s.ellipse(s.x(s.random(4000+i)*360), s.y(3+s.random(5000+i)*50), r, r, ink{uint8(120 + s.random(6000+i)*120), 128, 128})
		}
		s.disc(160, 24, 1.6, 1.6, ink{225, 122, 130})
		return
	}
	hour := float64(s.v.at.Hour()) + float64(s.v.at.Minute())/60
	s.disc(hour*15, 34-math.Abs(hour-13)*4, 2, 2, paint{255, 244, 200}.ink())
	for i := range 22 {
		a, e, size := s.random(100+i)*360, 9+s.random(200+i)*26, 2+s.random(300+i)*3
		k := paint{54, 58, 78}.mix(paint{250, 251, 253}, (s.light-0.1)/0.9).ink()
		s.disc(a, e, size*1.8, size*0.42, k)
		s.disc(a-size*0.6, e+size*0.22, size*0.8, size*0.4, k)
		s.disc(a+size*0.5, e+size*0.3, size*0.9, size*0.5, k)
	}
}

// hills close the view along the horizon.
func (s *scene) hills() {
	bottom := min(s.h, int(s.y(-0.2)))
	if bottom <= 0 || s.y(5) >= float64(s.h) {
		return
	}
	for layer, p := range []paint{{134, 152, 172}, {96, 124, 112}} {
		k := s.lit(p)
		f, height := 2+float64(layer)*3, 2.6-float64(layer)*1.3
		for x := 0; x < s.w; x += 2 {
			a := (s.v.pose.Pan + (float64(x)-float64(s.w)/2)/s.k) * math.Pi / 180
			e := height * (0.62 + 0.24*math.Sin(f*a+1+float64(s.seed)) + 0.14*math.Sin(3*f*a+float64(layer)))
			s.box(x, int(s.y(e)), x+2, bottom, k)
		}
	}
}

// ground is a meadow that grows darker towards the camera, with a ring road
// and rings each ten degrees, so that tilt can be seen.
func (s *scene) ground() {
	top := max(0, int(s.y(-0.2)))
	for y := top; y < s.h; y++ {
		e := s.v.pose.Tilt + (float64(s.h)/2-float64(y))/s.k
		s.box(0, y, s.w, y+1, s.lit(paint{138, 164, 96}.mix(paint{64, 92, 52}, math.Min(1, -e/45))))
	}
	stripe := s.lit(paint{110, 138, 78})
	for e := -20.0; e >= -60; e -= 10 {
		s.rect(0, s.y(e), float64(s.w), s.y(e)+math.Max(1, s.k*0.16), stripe)
	}
	road, line := s.lit(paint{92, 94, 98}), s.lit(paint{226, 226, 216})
	s.rect(0, s.y(-8.4), float64(s.w), s.y(-12.2), road)
	s.rect(0, s.y(-8.4), float64(s.w), s.y(-8.2), line)
	s.rect(0, s.y(-12.0), float64(s.w), s.y(-12.2), line)
	for a := 0.0; a < 360; a += 3 {
		s.area(a, -10.4, a+1.4, -10.1, line)
	}
}

// town is what stands beyond the road: houses with windows, and trees.
func (s *scene) town() {
	for i := range 46 {
		a := float64(i)*7.8 + s.random(i)*4
		w, h := 2.6+s.random(500+i)*3.4, 1.4+s.random(600+i)*5.2
		base := -3.4 - s.random(700+i)*2.2
		tone := s.random(800 + i)
		wall := paint{172 + 60*tone, 150 + 50*s.random(900+i), 128 + 50*tone}
		s.area(a, base, a+w, base+h, s.lit(wall))
		s.area(a, base+h, a+w, base+h+0.32, s.lit(paint{120, 66 + 40*tone, 54}))
		s.windows(i, a, base, w, h)
	}
	for i := range 64 {
		a := s.random(1000+i) * 360
		base, size := -5-s.random(1100+i)*2.6, 0.9+s.random(1200+i)*1.1
		s.area(a-size*0.09, base, a+size*0.09, base+size, s.lit(paint{92, 66, 44}))
		crown := s.lit(paint{52 + 46*s.random(1300+i), 104 + 34*s.random(1400+i), 48})
		s.disc(a, base+size*1.5, size*0.62, size*0.9, crown)
	}
}

func (s *scene) windows(i int, a, base, w, h float64) {
	if s.k < 8 {
		return
	}
	n := 0
	for e := base + 0.5; e+0.55 < base+h; e += 0.95 {
		for b := a + 0.35; b+0.4 < a+w; b += 0.8 {
			n++
			k := s.lit(paint{92, 112, 136})
			if s.light < 0.45 && s.random(i*97+n) < 0.4 {
				k = paint{248, 214, 130}.ink()
			}
			s.area(b, e, b+0.42, e+0.5, k)
		}
	}
}

// car goes round the ring road once in six minutes.
func (s *scene) car() {
	a := math.Mod(float64(s.v.at.Unix()%360)+float64(s.seed)*40, 360)
	body := s.lit([]paint{{196, 44, 40}, {48, 84, 170}, {226, 226, 230}, {60, 64, 70}}[s.v.at.Unix()/360%4])
	s.area(a, -11.6, a+2.6, -10.9, body)
	s.area(a+0.5, -10.9, a+2.0, -10.4, body)
	s.area(a+0.7, -10.85, a+1.8, -10.5, s.lit(paint{150, 178, 200}))
	s.disc(a+0.6, -11.6, 0.3, 0.3, s.lit(paint{24, 24, 26}))
	s.disc(a+2.0, -11.6, 0.3, 0.3, s.lit(paint{24, 24, 26}))
	if s.light < 0.45 {
		s.disc(a+2.6, -11.2, 0.18, 0.18, paint{255, 246, 200}.ink())
	}
}

// posts stand each 15 degrees and carry their azimuth.
func (s *scene) posts() {
	for a := 0; a < 360; a += 15 {
		x := s.x(float64(a))
		if x < -4*s.k || x > float64(s.w)+4*s.k {
			continue
		}
		s.area(float64(a)-0.09, -8, float64(a)+0.09, -5.4, s.lit(paint{60, 60, 64}))
		s.area(float64(a)-1.1, -5.6, float64(a)+1.1, -4.2, s.lit(paint{38, 74, 140}))
		s.area(float64(a)-1.0, -5.5, float64(a)+1.0, -4.3, s.lit(paint{244, 244, 240}))
		label := fmt.Sprintf("%03d", a)
		scale := s.k * 1.7 / textWidth("000", 1)
		s.text(x-textWidth(label, scale)/2, s.y(-4.9)-glyphHeight*scale/2+scale, scale, label, s.lit(paint{24, 48, 110}))
	}
}
