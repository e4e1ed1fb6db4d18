package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

// What is safe is compiled as it stands.
func TestSafeCodeStays(t *testing.T) {
	for source, want := range map[string]string{
		"local x = 1 x = x or 2":                       "LOADK TEST JMP LOADK RETURN",
		"local a, b = 1 a = b and a.x or 2":            "LOADK LOADNIL MOVE TEST JMP GETTABLEKS TESTSET JMP LOADK RETURN",
		"local a, b = 1 a, b = b, a + b":               "LOADK LOADNIL MOVE ADD MOVE RETURN",
		"local a, b = 1 a, b = 1, 2":                   "LOADK LOADNIL LOADK LOADK RETURN",
		"local a, b, c = 1 a, b = c, 2":                "LOADK LOADNIL LOADK MOVE RETURN",
		"for k in pairs(t) do f(k) end":                "GETGLOBAL GETGLOBAL CALL JMP GETGLOBAL MOVE CALL TFORLOOP JMP RETURN",
		"while x do y = 1 if z then break end end":     "GETGLOBAL TEST JMP LOADK SETGLOBAL GETGLOBAL TEST JMP JMP JMP RETURN",
		"local f = function() return 1 end":            "CLOSURE RETURN",
		"local t = {1, 2, x = f()}":                    "NEWTABLE LOADK LOADK GETGLOBAL CALL SETTABLEKS SETLIST RETURN",
		"local x = true and y":                         "GETGLOBAL RETURN",
		"for i = 1, 2 do if nil then f() end end":      "LOADK LOADK LOADK FORPREP JMP GETGLOBAL CALL FORLOOP RETURN",
		"local t = {} t.a, t.b = 1, 2":                 "NEWTABLE LOADK SETTABLEKS LOADK SETTABLEKS RETURN",
		"local x function f(...) x = ... return x end": "LOADNIL CLOSURE MOVE SETGLOBAL RETURN",
	} {
		proto, err := Compile([]byte(source), "s.lua")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, inst := range proto.Code {
			got = append(got, opcodes[opcode(inst)])
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s\n got %s\nwant %s", source, text, want)
		}
	}
}

// What the compiler would put into its instructions cut off is refused.
func TestTooMuchCode(t *testing.T) {
	var names [2][]string
	for i := range 150 {
		names[0] = append(names[0], fmt.Sprint("a", i))
		names[1] = append(names[1], fmt.Sprint("b", i))
	}
	upvalues := "local %s\nlocal function f() local %s\nreturn function() return " + strings.Join(append(names[0], names[1]...), "+") + " end end"
	for source, want := range map[string]string{
		"\nfunction f() for i = 1, 2 do " + strings.Repeat("x = y ", 70_000) + " end end": "s.lua:2: too much code in one function: split it",
		fmt.Sprintf(upvalues, strings.Join(names[0], ","), strings.Join(names[1], ",")):   "s.lua:3: a function uses more than 255 variables of functions around it",
	} {
		if _, err := Compile([]byte(source), "s.lua"); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// The rewriting of a chunk takes no longer than its compilation, whatever stands in it.
func TestRepairIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine computes: there is no race to find")
	}
	for name, source := range map[string]string{
		"targets": strings.Repeat("a.b, c[d], e = e, a, c\n", 20_000),
		"spine":   strings.Repeat("x = x"+strings.Repeat(" and y", 900)+"\n", 40),
		"loops":   strings.Repeat("while true do ", 150) + "x = 1" + strings.Repeat(" end", 150),
		"labels":  strings.Repeat("do ::a:: if false then x = 1 end goto a end ", 5_000),
	} {
		if _, err := Compile([]byte(source), "s.lua"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
