package sandbox

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// strFormat is string.format with C's meaning of flags, width and precision. %s takes any value, by tostring.
func strFormat(L *lua.LState) int {
	format := checkText(L, 1)
	b := &builder{L: L}
	for arg := 1; ; {
		Check(L)
		i := strings.IndexByte(format, '%')
		if i < 0 {
			b.add(format)
			break
		}
		b.add(format[:i])
		format = format[i+1:]
		if strings.HasPrefix(format, "%") {
			b.add("%")
			format = format[1:]
			continue
		}
		if arg++; arg > L.GetTop() {
			argError(L, arg, "no value")
		}
		var c conversion
		c, format = directive(L, format)
		c.write(L, b, arg)
	}
	spendOn(L, b.Len())
	return one(L, lua.LString(b.String()))
}

// conversion is what stands between % and its letter.
type conversion struct {
	flags            string
	width, precision int // precision -1: none
	letter           byte
}

// directive reads one conversion and gives the rest of the format.
func directive(L *lua.LState, format string) (conversion, string) {
	c := conversion{precision: -1}
	n := len(format) - len(strings.TrimLeft(format, "-+ #0"))
	if n > 5 {
		raisef(L, "invalid format (repeated flags)")
	}
	c.flags, format = format[:n], format[n:]
	c.width, format = twoDigits(L, format)
	if strings.HasPrefix(format, ".") {
		c.precision, format = twoDigits(L, format[1:])
	}
	if format == "" {
		raisef(L, "%s", "invalid option '%' to 'format'")
	}
	c.letter = format[0]
	return c, format[1:]
}

func twoDigits(L *lua.LState, format string) (int, string) {
	n, i := 0, 0
	for ; i < len(format) && isDigit(format[i]); i++ {
		if i == 2 {
			raisef(L, "invalid format (width or precision too long)")
		}
		n = n*10 + int(format[i]-'0')
	}
	return n, format[i:]
}

func (c conversion) has(flag string) bool { return strings.Contains(c.flags, flag) }

func (c conversion) write(L *lua.LState, b *builder, arg int) {
	switch c.letter {
	case 'c':
		c.pad(b, string([]byte{byte(integer(L, arg))}))
	case 'd', 'i':
		c.integer(b, int64(number(L, arg)))
	case 'u':
		c.verb(b, 'd', uint64(int64(number(L, arg))))
	case 'o', 'x', 'X':
		c.verb(b, c.letter, uint64(int64(number(L, arg))))
	case 'e', 'E', 'f', 'g', 'G':
		c.float(b, float64(number(L, arg)))
	case 'q':
		quote(b, checkText(L, arg))
	case 's':
		str := ToString(L, L.Get(arg))
		if c.precision >= 0 && c.precision < len(str) {
			str = str[:c.precision]
		}
		c.pad(b, str)
	default:
		raisef(L, "invalid option '%%%s' to 'format'", string(c.letter))
	}
}

// pad counts bytes, where Go's fmt counts runes.
func (c conversion) pad(b *builder, str string) {
	fill := strings.Repeat(" ", max(c.width-len(str), 0))
	if c.has("-") {
		b.add(str)
		b.add(fill)
	} else {
		b.add(fill)
		b.add(str)
	}
}

func (c conversion) integer(b *builder, v int64) {
	if c.precision == 0 && v == 0 {
		c.pad(b, "")
		return
	}
	c.verb(b, 'd', v)
}

// verb lets Go's fmt do it, which agrees with C for whole numbers; a precision switches the zero flag off.
func (c conversion) verb(b *builder, letter byte, v any) {
	flags := c.flags
	if c.has("-") || c.precision >= 0 {
		flags = strings.ReplaceAll(flags, "0", "")
	}
	if _, signed := v.(int64); !signed {
		flags = strings.NewReplacer("+", "", " ", "").Replace(flags)
	}
	spec := "%" + flags
	if c.width > 0 {
		spec += fmt.Sprint(c.width)
	}
	if c.precision >= 0 {
		spec += fmt.Sprint(".", c.precision)
	}
	fmt.Fprintf(b, spec+string(letter), v)
}

func (c conversion) float(b *builder, v float64) {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		str := notFinite(v)
		if c.letter == 'E' || c.letter == 'G' {
			str = strings.ToUpper(str)
		}
		switch {
		case str[0] == '-':
		case c.has("+"):
			str = "+" + str
		case c.has(" "):
			str = " " + str
		}
		c.pad(b, str)
		return
	}
	if c.precision < 0 {
		c.precision = 6
	}
	if c.precision == 0 && (c.letter == 'g' || c.letter == 'G') {
		c.precision = 1
	}
	flags := c.flags
	if c.has("-") {
		flags = strings.ReplaceAll(flags, "0", "")
	}
	fmt.Fprintf(b, fmt.Sprintf("%%%s%d.%d%c", flags, c.width, c.precision, c.letter), v)
}

// quote writes a string that Lua reads back as the same.
func quote(b *builder, str string) {
	b.add(`"`)
	for i := range len(str) {
		if i%stepsPerCheck == 0 {
			Check(b.L)
			b.add("") // looks at the limit
		}
		switch c := str[i]; c {
		case '"', '\\', '\n':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\r':
			b.WriteString(`\r`)
		case 0:
			b.WriteString(`\000`)
		default:
			b.WriteByte(c)
		}
	}
	b.add(`"`)
}
