package sim

// landmarks stand where the presets of a new device look: a gate, a door, a
// car park, a fence, a paved yard, a street and a tower.
func (s *scene) landmarks() {
	if !s.v.ptz {
		s.fixedLandmark()
		return
	}
	s.gate(0)
	s.door(45)
	s.parking(90)
	s.fence(122, 148)
	s.yard(180)
	s.street(225)
	s.tower(270)
}

// fixedLandmark gives each fixed camera a thing of its own to look at.
func (s *scene) fixedLandmark() {
	a := fixedPose(s.v.channel).Pan
	switch s.v.channel % 4 {
	case 1:
		s.parking(a)
		s.fence(a-24, a-10)
	case 2:
		s.gate(a + 3)
		s.street(a - 6)
	case 3:
		s.tower(a + 9)
		s.door(a - 7)
	default:
		s.yard(a)
		s.fence(a+8, a+22)
	}
}

func (s *scene) gate(a float64) {
	stone, bar := s.lit(paint{176, 168, 152}), s.lit(paint{46, 48, 54})
	s.area(a-5, -8, a-3.6, -2.2, stone)
	s.area(a+3.6, -8, a+5, -2.2, stone)
	s.area(a-5.3, -2.2, a-3.3, -1.8, s.lit(paint{140, 132, 118}))
	s.area(a+3.3, -2.2, a+5.3, -1.8, s.lit(paint{140, 132, 118}))
	for x := a - 3.5; x < a+3.5; x += 0.5 {
		s.area(x, -8, x+0.16, -3.4, bar)
	}
	s.area(a-3.6, -3.6, a+3.6, -3.3, bar)
	s.area(a-3.6, -7.4, a+3.6, -7.1, bar)
}

func (s *scene) door(a float64) {
	s.area(a-6, -7.6, a+6, 1.6, s.lit(paint{198, 150, 112}))
	s.area(a-6.4, 1.6, a+6.4, 2.2, s.lit(paint{116, 64, 52}))
	for _, x := range []float64{-4.6, 2.6} {
		s.area(a+x, -4.4, a+x+2, -2, s.lit(paint{236, 234, 226}))
		s.area(a+x+0.2, -4.2, a+x+1.8, -2.2, s.windowLight())
	}
	s.area(a-1.3, -7.6, a+1.3, -2.4, s.lit(paint{234, 230, 220}))
	s.area(a-1.1, -7.6, a+1.1, -2.6, s.lit(paint{52, 92, 66}))
	s.disc(a+0.75, -5.4, 0.14, 0.14, s.lit(paint{226, 196, 92}))
}

func (s *scene) windowLight() ink {
	if s.light < 0.45 {
		return paint{250, 218, 138}.ink()
	}
	return s.lit(paint{120, 146, 170})
}

func (s *scene) parking(a float64) {
	s.area(a-22, -22, a+22, -13.4, s.lit(paint{116, 118, 122}))
	line := s.lit(paint{236, 236, 230})
	for i := range 9 {
		x := a - 22 + float64(i)*5.5
		s.area(x-0.1, -22, x+0.1, -17, line)
	}
	for i := range 8 {
		if s.random(1500+i) < 0.4 {
			continue
		}
		x := a - 22 + float64(i)*5.5 + 1
		p := paint{70 + 160*s.random(1600+i), 70 + 150*s.random(1700+i), 80 + 140*s.random(1800+i)}
		s.area(x, -21.2, x+3.5, -18.6, s.lit(p))
		s.area(x+0.4, -18.8, x+3.1, -17.3, s.lit(p.mix(paint{20, 24, 30}, 0.5)))
		s.area(x+0.2, -21.5, x+0.9, -21.0, s.lit(paint{20, 20, 22}))
		s.area(x+2.6, -21.5, x+3.3, -21.0, s.lit(paint{20, 20, 22}))
	}
}

func (s *scene) fence(from, to float64) {
	wood := s.lit(paint{204, 178, 138})
	for a := from; a < to; a += 0.9 {
		s.area(a, -8, a+0.6, -5.9, wood)
		s.area(a+0.15, -5.9, a+0.45, -5.6, wood)
	}
	s.area(from, -6.8, to, -6.5, s.lit(paint{172, 146, 108}))
	s.area(from, -7.7, to, -7.4, s.lit(paint{172, 146, 108}))
}

func (s *scene) yard(a float64) {
	s.area(a-26, -44, a+26, -14, s.lit(paint{184, 176, 164}))
	joint := s.lit(paint{150, 142, 130})
	for x := a - 26; x <= a+26; x += 4 {
		s.area(x, -44, x+0.12, -14, joint)
	}
	for e := -44.0; e <= -14; e += 3 {
		s.area(a-26, e, a+26, e+0.12, joint)
	}
	s.disc(a, -27, 4, 2.2, s.lit(paint{128, 122, 116})) // a fountain
	s.disc(a, -27, 3.4, 1.8, s.lit(paint{96, 150, 184}))
	s.area(a-0.25, -27, a+0.25, -24.4, s.lit(paint{214, 230, 238}))
}

func (s *scene) street(a float64) {
	for i := range 40 {
		e := -8.4 + float64(i)*0.16
		half := 2.6 * (1 - float64(i)/46)
		s.area(a-half, e, a+half, e+0.18, s.lit(paint{104, 106, 110}))
		if i%4 < 2 {
			s.area(a-half*0.04, e, a+half*0.04, e+0.18, s.lit(paint{230, 230, 220}))
		}
	}
	for i, half := range []float64{3, 2.2, 1.6, 1.1} {
		e := -7.6 + float64(i)*1.5
		for _, x := range []float64{a - half, a + half} {
			s.area(x-0.05, e, x+0.05, e+2.4, s.lit(paint{70, 72, 76}))
			lamp := s.lit(paint{236, 236, 220})
			if s.light < 0.45 {
				lamp = paint{255, 226, 150}.ink()
			}
			s.disc(x, e+2.5, 0.16, 0.16, lamp)
		}
	}
}

func (s *scene) tower(a float64) {
	for i := range 9 {
		p := paint{236, 234, 230}
		if i%2 == 0 {
			p = paint{198, 52, 44}
		}
		half := 1.3 - float64(i)*0.08
		s.area(a-half, -5+float64(i)*1.5, a+half, -3.5+float64(i)*1.5, s.lit(p))
	}
	s.area(a-1.1, 8.5, a+1.1, 9.0, s.lit(paint{60, 62, 66}))
	s.area(a-0.6, 9.0, a+0.6, 10.2, s.lit(paint{150, 182, 204}))
	s.area(a-0.8, 10.2, a+0.8, 10.5, s.lit(paint{60, 62, 66}))
	s.area(a-0.04, 10.5, a+0.04, 12.6, s.lit(paint{60, 62, 66}))
	if s.v.at.Second()%2 == 0 {
		s.disc(a, 12.7, 0.2, 0.2, paint{255, 40, 30}.ink())
	}
}
