package sandbox

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// opcodes are gopher-lua's instructions by their number.
var opcodes = strings.Fields(`MOVE MOVEN LOADK LOADBOOL LOADNIL GETUPVAL GETGLOBAL GETTABLE GETTABLEKS SETGLOBAL SETUPVAL SETTABLE
	SETTABLEKS NEWTABLE SELF ADD SUB MUL DIV MOD POW UNM NOT LEN CONCAT JMP EQ LT LE TEST TESTSET CALL TAILCALL RETURN FORLOOP
	FORPREP TFORLOOP SETLIST CLOSE CLOSURE VARARG NOP`)

func opcodeDifference(got []string) string {
	for i, want := range opcodes {
		if i >= len(got) {
			return fmt.Sprintf("there are %d instructions, not %d", len(got), len(opcodes))
		}
		if got[i] != want {
			return fmt.Sprintf("instruction %d is %s, not %s", i, got[i], want)
		}
	}
	if len(got) > len(opcodes) {
		return fmt.Sprintf("there are %d instructions, not %d: %s is new", len(got), len(opcodes), got[len(opcodes)])
	}
	return ""
}

// opcodeNames asks gopher-lua for the names of its instructions: it prints functions, and leaves the name out where
// there is no such instruction. A number has six bits.
func opcodeNames() (names []string) {
	proto := &lua.FunctionProto{FunctionPrototypes: []*lua.FunctionProto{{}}} // one for CLOSURE
	for op := range uint32(64) {
		proto.Code = append(proto.Code, op<<26)
		proto.DbgSourcePositions = append(proto.DbgSourcePositions, 0)
	}
	for line := range strings.Lines(proto.String()) {
		if rest, ok := strings.CutPrefix(line, fmt.Sprintf("[%03d] ", len(names)+1)); ok {
			name, _, _ := strings.Cut(rest, " ")
			if name == "" {
				break
			}
			names = append(names, name)
		}
	}
	return names
}

// An instruction of gopher-lua is a number of six bits for what it does, A of eight bits, C of nine and B of nine.
func opcode(inst uint32) int { return int(inst >> 26) }
func argA(inst uint32) int   { return int(inst>>18) & 0xff }
func argB(inst uint32) int   { return int(inst) & 0x1ff }
func argC(inst uint32) int   { return int(inst>>9) & 0x1ff }

// sampleSource has what this package decodes: calls, fields, methods, constants, a jump, a concatenation. Running it shows that
// the instructions do what their names say.
const (
	sampleSource = `local a, b = f(t.x) if b then t:m(a) end return a .. b + 2 .. "x"`
	sampleCode   = "GETGLOBAL 0 0 0, GETGLOBAL 1 1 0, GETTABLEKS 1 1 258, CALL 0 2 3, TEST 1 0 0, JMP 0 3 256, GETGLOBAL 2 1 0, SELF 2 2 259, " +
		"MOVE 4 0 0, CALL 2 3 1, MOVE 2 0 0, ADD 3 1 260, LOADK 4 2 0, CONCAT 2 2 4, RETURN 2 2 0, RETURN 0 1 0"
	sampleResult = "one7x" // where f returns "one" and 5
)

// sample compiles it. What gopher-lua refuses to compile has no code.
func sample() *lua.FunctionProto {
	if chunk, err := parse.Parse(strings.NewReader(sampleSource), "sample"); err == nil {
		if proto, err := lua.Compile(chunk, "sample"); err == nil {
			return proto
		}
	}
	return &lua.FunctionProto{}
}

func codeDifference(code []uint32) string {
	var got []string
	for _, inst := range code {
		name := "?"
		if op := opcode(inst); op < len(opcodes) {
			name = opcodes[op]
		}
		got = append(got, fmt.Sprintf("%s %d %d %d", name, argA(inst), argB(inst), argC(inst)))
	}
	if text := strings.Join(got, ", "); text != sampleCode {
		return fmt.Sprintf("the code of %q is %q, not %q", sampleSource, text, sampleCode)
	}
	return ""
}

// tableDifference looks at each instruction, then runs some. jumpTable is found by its name only, by the linker: were it gone,
// the table would be empty; were it a slice or a map, its words would be something else than functions.
func tableDifference(table *instructionTable) (difference string) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // such words may point anywhere
	at := 0
	defer func() {
		if recover() != nil {
			difference = fmt.Sprintf("jumpTable[%d], %s, is no function", at, opcodes[at])
		}
	}()
	for ; at < len(table); at++ {
		entry := *(*unsafe.Pointer)(unsafe.Pointer(&table[at]))
		switch {
		case entry == nil && at == 0:
			return "there is no jumpTable, or it is empty"
		case entry == nil:
			return fmt.Sprintf("jumpTable[%d], %s, is nil", at, opcodes[at])
		}
		f := runtime.FuncForPC(*(*uintptr)(entry))
		if f == nil || !strings.HasPrefix(f.Name(), upstreamPath+".") {
			return fmt.Sprintf("jumpTable[%d], %s, is no function of gopher-lua", at, opcodes[at])
		}
	}
	return resultDifference(table)
}

// resultDifference runs the sample with the instructions of table.
func resultDifference(table *instructionTable) (difference string) {
	defer func() {
		if r := recover(); r != nil {
			difference = fmt.Sprintf("the instructions of jumpTable can't be run: %v", r)
		}
	}()
	L := lua.NewState(lua.Options{SkipOpenLibs: true, CallStackSize: 8, RegistrySize: 64})
	defer L.Close()
	f := L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString("one"))
		L.Push(lua.LNumber(5))
		return 2
	})
	t := L.NewTable()
	t.RawSetString("m", f)
	L.SetGlobal("f", f)
	L.SetGlobal("t", t)
	loop := of(L).mainLoop
	of(L).mainLoop = func(L *lua.LState, base *frame) {
		if current(L) == nil || current(L).Fn.IsG {
			loop(L, base)
			return
		}
		for {
			inst := fetch(L)
			if table[opcode(inst)](L, inst, base) == 1 {
				return
			}
		}
	}
	L.Push(L.NewFunctionFromProto(sample()))
	L.Call(0, 1)
	if got := L.Get(-1); got != lua.LString(sampleResult) {
		return fmt.Sprintf("the instructions of jumpTable give %v, not %s, for %q", got, sampleResult, sampleSource)
	}
	return ""
}
