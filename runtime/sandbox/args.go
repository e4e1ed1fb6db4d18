package sandbox

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// parseNumber reads a number as Lua 5.1 does: decimal or 0x, with spaces around. gopher-lua's own reading takes "010"
// for eight and "1e3" for no number at all.
func parseNumber(s string) (lua.LNumber, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	digits, negative := s, false
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		negative = digits[0] == '-'
		digits = digits[1:]
	}
	if len(digits) > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') {
		return parseBase(digits[2:], 16, negative)
	}
	if digits == "" || strings.ContainsAny(digits, "_xXpPnNiI") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return lua.LNumber(f), true
}

func parseBase(digits string, base int, negative bool) (lua.LNumber, bool) {
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
	if negative {
		sum = -sum
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

// number gives argument n, which may be a string that reads as a number.
func number(L *lua.LState, n int) lua.LNumber {
	switch v := L.Get(n).(type) {
	case lua.LNumber:
		return v
	case lua.LString:
		if f, ok := parseNumber(string(v)); ok {
			return f
		}
	}
	L.TypeError(n, lua.LTNumber)
	return 0
}

// integer gives argument n cut to a whole number that arithmetic on it cannot overflow.
func integer(L *lua.LState, n int) int { return whole(number(L, n)) }

func optInteger(L *lua.LState, n, def int) int {
	if L.Get(n) == lua.LNil {
		return def
	}
	return integer(L, n)
}

func whole(f lua.LNumber) int {
	const limit = min(1<<52, math.MaxInt)
	switch {
	case f != f:
		return 0
	case f > limit:
		return limit
	case f < -limit:
		return -limit
	}
	return int(f)
}

// tooLarge raises the error for a result beyond the limit.
func tooLarge(L *lua.LState) { L.RaiseError("resulting string too large") }
