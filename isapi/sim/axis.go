package sim

import (
	"math"
	"time"
)

// axis is one degree of freedom of a head. Its way is planned when a command
// comes, as legs of constant acceleration, and evaluated when it is
// asked for: nothing ticks.
type axis struct {
	low, high float64 // limits; equal: turns endlessly
	from      time.Time
	p, v      float64 // at from
	legs      []leg
	end       float64 // where it rests after the last leg
}

type leg struct{ seconds, a float64 }

const never = time.Duration(math.MaxInt64)

// at is position and velocity at t.
func (x *axis) at(t time.Time) (p, v float64) {
	dt := t.Sub(x.from).Seconds()
	p, v = x.p, x.v
	for _, l := range x.legs {
		if dt < l.seconds {
			return p + v*dt + l.a*dt*dt/2, v + l.a*dt
		}
		p, v = p+v*l.seconds+l.a*l.seconds*l.seconds/2, v+l.a*l.seconds
		dt -= l.seconds
	}
	return x.end, 0
}

// rest is the time at which it will stand still; ok is false if it never does.
func (x *axis) rest() (t time.Time, ok bool) {
	sum := 0.0
	for _, l := range x.legs {
		sum += l.seconds
	}
	if math.IsInf(sum, 1) {
		return time.Time{}, false
	}
	return x.from.Add(time.Duration(math.Ceil(sum * 1e9))), true
}

func (x *axis) set(p float64, now time.Time) {
	*x = axis{low: x.low, high: x.high, from: now, p: p, end: p}
}

// drive brings it to velocity v and holds that for span, counted from now, or
// until the limit.
func (x *axis) drive(now time.Time, v, acceleration float64, span time.Duration) {
	p, v0 := x.begin(now)
	ramp := math.Abs(v-v0) / acceleration
	a := math.Copysign(acceleration, v-v0)
	limit := math.Inf(1)
	if span != never {
		limit = span.Seconds()
	}
	if ramp > limit {
		ramp, v = limit, v0+a*limit
	}
	if ramp > 0 {
		x.legs = append(x.legs, leg{ramp, a})
	}
	if v != 0 {
		x.legs = append(x.legs, leg{limit - ramp, 0})
		if !math.IsInf(limit, 1) {
			x.legs = append(x.legs, leg{math.Abs(v) / acceleration, -math.Copysign(acceleration, v)})
		}
	}
	x.finish(p, v0)
}

// travel brings it to target and to rest there. What still moves is braked
// first, as motors are.
func (x *axis) travel(now time.Time, target, speed, acceleration float64) {
	p, v := x.begin(now)
	start := p
	if v != 0 {
		brake := acceleration
		if gap := x.gap(p, v); v*v > 2*brake*gap {
			brake = v * v / (2 * max(gap, 1e-6)) // the end stop brakes too
		}
		x.legs = append(x.legs, leg{math.Abs(v) / brake, -math.Copysign(brake, v)})
		start += v * math.Abs(v) / (2 * brake)
	}
	way := target - start
	if x.endless() {
		way = math.Mod(way, 360)
		if way > 180 {
			way -= 360
		} else if way <= -180 {
			way += 360
		}
	} else {
		way = math.Max(x.low, math.Min(x.high, target)) - start
	}
	if d, a := math.Abs(way), math.Copysign(acceleration, way); d > 1e-9 {
		if d < speed*speed/acceleration {
			half := math.Sqrt(d / acceleration)
			x.legs = append(x.legs, leg{half, a}, leg{half, -a})
		} else {
			ramp := speed / acceleration
			x.legs = append(x.legs, leg{ramp, a}, leg{d/speed - ramp, 0}, leg{ramp, -a})
		}
	}
	x.end = start + way
}

// gap is how far it may go on in the direction of v.
func (x *axis) gap(p, v float64) float64 {
	switch {
	case x.endless():
		return math.Inf(1)
	case v > 0:
		return x.high - p
	}
	return p - x.low
}

func (x *axis) endless() bool { return x.low == x.high }

// begin fixes where it is now and empties the plan.
func (x *axis) begin(now time.Time) (p, v float64) {
	p, v = x.at(now)
	if x.endless() {
		p = math.Mod(math.Mod(p, 360)+360, 360)
	}
	x.from, x.p, x.v, x.legs = now, p, v, nil
	return p, v
}

// finish cuts the plan at the first limit it meets and notes where it ends.
func (x *axis) finish(p, v float64) {
	for i, l := range x.legs {
		if !x.endless() {
			if t, limit, hit := x.meets(p, v, l); hit {
				x.legs = append(x.legs[:i], leg{t, l.a})
				x.end = limit
				return
			}
		}
		if math.IsInf(l.seconds, 1) {
			return
		}
		p, v = p+v*l.seconds+l.a*l.seconds*l.seconds/2, v+l.a*l.seconds
	}
	x.end = p
}

// meets finds the moment within l at which a limit is passed outwards.
func (x *axis) meets(p, v float64, l leg) (t, limit float64, hit bool) {
	const near = 1e-6
	t = math.Inf(1)
	for _, wall := range []struct{ at, out float64 }{{x.low, -1}, {x.high, 1}} {
		// Seen outwards from p: gap to the wall, speed and acceleration.
		gap, s, a := (wall.at-p)*wall.out, v*wall.out, l.a*wall.out
		if gap <= near {
			if s > 0 || s == 0 && a > 0 {
				return 0, wall.at, true
			}
			if a <= 0 {
				continue
			}
		}
		when := math.Inf(1)
		if a == 0 {
			if s > 0 {
				when = gap / s
			}
		} else if root := s*s + 2*a*gap; root >= 0 {
			// The outward crossing is the one with positive speed there if the
			// acceleration points out, and the earlier one otherwise.
			when = (-s + math.Sqrt(root)) / a
			if a < 0 {
				if s <= 0 {
					when = math.Inf(1)
				} else {
					when = (s - math.Sqrt(root)) / -a
				}
			}
		}
		if when >= 0 && when < t && when <= l.seconds {
			t, limit, hit = when, wall.at, true
		}
	}
	return t, limit, hit
}
