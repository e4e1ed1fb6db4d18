package sim

import (
	"cmp"
	"math"

	"github.com/hiklua/hiklua/isapi"
)

func (g Gear) withDefaults() Gear {
	set := func(r *isapi.Range, low, high float64) {
		if *r == (isapi.Range{}) {
			*r = isapi.Range{Min: low, Max: high}
		}
	}
	set(&g.Pan, 0, 360)
	set(&g.Tilt, tiltLow, tiltHigh)
	set(&g.Zoom, 1, zoomMax)
	g.MaxPresets = cmp.Or(g.MaxPresets, maxPreset)
	if g.Specials == nil {
		g.Specials = specials
	}
	return g
}

// tenths are the elements of AbsoluteHigh and their bounds, in tenths as they
// go over the wire.
func (g Gear) tenths() map[string]shape {
	between := func(low, high float64) shape { return whole(int(math.Round(10*low)), int(math.Round(10*high))) }
	return map[string]shape{
		"elevation": between(-g.Tilt.Max, -g.Tilt.Min), "azimuth": between(g.Pan.Min, g.Pan.Max), "absoluteZoom": between(g.Zoom.Min, g.Zoom.Max),
	}
}
