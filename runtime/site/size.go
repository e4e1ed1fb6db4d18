package site

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// sizeUnits: GB is what disks are sold in, GiB what memory is counted in.
var sizeUnits = []struct {
	name  string
	bytes float64
}{
	{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"B", 1},
}

// ParseSize reads "200GB", "512MB", "1.5TiB" or a bare number of bytes.
func ParseSize(text string) (int64, error) {
	number, factor := text, 1.0
	for _, u := range sizeUnits {
		if len(text) > len(u.name) && strings.EqualFold(text[len(text)-len(u.name):], u.name) {
			number, factor = strings.TrimSpace(text[:len(text)-len(u.name)]), u.bytes
			break
		}
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || value < 0 || math.IsNaN(value) || strings.ContainsAny(number, "+-eExXpP_iI") {
		return 0, fmt.Errorf("%s is not a size (such as 512MB, 200GB)", quoted(text))
	}
	if value*factor > math.MaxInt64/2 {
		return 0, fmt.Errorf("%s is larger than any disk", quoted(text))
	}
	return int64(math.Round(value * factor)), nil
}

// FormatSize writes a size as ParseSize reads it, in the largest unit in which
// it is a whole number: so 512MB and 512MiB stay what they are.
func FormatSize(size int64) string {
	best, least := fmt.Sprintf("%dB", size), size
	for _, u := range sizeUnits {
		if unit := int64(u.bytes); size%unit == 0 && size/unit < least {
			least = size / unit
			best = fmt.Sprintf("%d%s", least, u.name)
		}
	}
	return best
}
