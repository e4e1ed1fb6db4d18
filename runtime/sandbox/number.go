package sandbox

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// parseNumber reads a number as Lua 5.1 does: decimal or 0x, with spaces around. gopher-lua's own reading takes "010"
// for eight and "1e3" for no number at all. What C's strtod reads beside, inf and nan, is no number of the language.
func parseNumber(s string) (lua.LNumber, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	if s == "" || strings.ContainsAny(s, "_nN") {
		return 0, false
	}
	digits := strings.TrimLeft(s[:1], "+-") + s[1:]
	if len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		if !strings.ContainsAny(s, "pP") {
			s += "p0" // Go's reading of hexadecimal wants an exponent
		}
	} else if strings.ContainsAny(s, "xXpP") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return lua.LNumber(f), true
}

// parseBase reads a whole number without blanks and sign.
func parseBase(digits string, base int) (lua.LNumber, bool) {
	if digits == "" {
		return 0, false
	}
	var sum float64
	for i := range len(digits) {
		d := digitValue(digits[i])
		if d >= base {
			return 0, false
		}
		sum = sum*float64(base) + float64(d)
	}
	return lua.LNumber(sum), true
}

func digitValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'Z':
		return int(c-'A') + 10
	}
	return math.MaxInt
}

// ToNumber gives v if it is a number, or a string that reads as one.
func ToNumber(v lua.LValue) (lua.LNumber, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return v, true
	case lua.LString:
		return parseNumber(string(v))
	}
	return 0, false
}

// NumberText writes a number as Lua does wherever one becomes text: with 14 significant digits, as C's %.14g.
func NumberText(n lua.LNumber) string {
	f := float64(n)
	if f == math.Trunc(f) && math.Abs(f) < 1e14 && (f != 0 || !math.Signbit(f)) {
		return strconv.FormatInt(int64(f), 10)
	}
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return notFinite(f)
	}
	return strconv.FormatFloat(f, 'g', 14, 64)
}

// notFinite is inf or nan with its sign: 0/0 gives a nan that has one on most machines, and then the functions of C give it,
// too. Those of Go give another one, which is told by its bits.
func notFinite(f float64) string {
	if math.IsInf(f, 0) {
		if f < 0 {
			return "-inf"
		}
		return "inf"
	}
	negative := math.Signbit(f)
	if math.Float64bits(f)&1 == math.Float64bits(math.NaN())&1 {
		zero := 0.0
		negative = negative != math.Signbit(zero/zero)
	}
	if negative {
		return "-nan"
	}
	return "nan"
}

// Text is tostring without metamethods. LValue.String would write numbers with 17 digits.
func Text(v lua.LValue) string {
	if n, ok := v.(lua.LNumber); ok {
		return NumberText(n)
	}
	return v.String()
}

// decimal writes a number of the source so that gopher-lua's compiler reads the same: it takes 010 for eight, and what is
// too large for it for no number.
func decimal(source string) string {
	n, ok := parseNumber(source)
	if !ok {
		return source
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}
