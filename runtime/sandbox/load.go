package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// SyntaxError tells why a chunk does not load. Its text is one line, `scripts/tour.lua:12:5: unexpected 'end'`.
type SyntaxError struct {
	File    string
	Line    int // from 1; 0 where it concerns the file as a whole
	Col     int // from 1; 0 where it is not known
	Message string
	// Unfinished says that the chunk ends where it should go on, so that more lines may mend it.
	Unfinished bool
}

func (e *SyntaxError) Error() string {
	switch {
	case e.Line == 0:
		return e.File + ": " + e.Message
	case e.Col == 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Message)
}

// Load compiles source, text only, into a function of L; name is what errors and tracebacks call it. A byte order
// mark and a first line that begins with # are skipped. The error is a *SyntaxError, or what L was stopped with meanwhile.
func Load(L *lua.LState, source []byte, name string) (*lua.LFunction, error) {
	proto, err := compile(L, source, name)
	if err != nil {
		return nil, err
	}
	return L.NewFunctionFromProto(proto), nil
}

// Compile is Load without a state: for checking a file, or loading it many times (LState.NewFunctionFromProto).
func Compile(source []byte, name string) (*lua.FunctionProto, error) {
	return compile(nil, source, name)
}

// compile gives up when L, which may be nil, is stopped.
func compile(L *lua.LState, source []byte, name string) (*lua.FunctionProto, error) {
	return compileChanged(L, source, name, nil)
}

// compileChanged is compile of what change, unless it is nil, makes of the chunk.
func compileChanged(L *lua.LState, source []byte, name string, change func([]ast.Stmt) []ast.Stmt) (*lua.FunctionProto, error) {
	whole := func(format string, args ...any) error {
		return &SyntaxError{File: name, Message: fmt.Sprintf(format, args...)}
	}
	if len(source) > maxSource {
		return nil, whole("too large: %d bytes, at most %d", len(source), maxSource)
	}
	if other := encoding(source); other != "" {
		return nil, whole("the file is %s: save it as UTF-8", other)
	}
	source = Plain(source)
	if bytes.HasPrefix(source, []byte("\x1bLua")) {
		return nil, whole("compiled Lua is not loaded, only source text")
	}
	doubt, e := scan(source, name, maxNesting)
	if e != nil {
		if earlier := explain(source, name); earlier != nil && e.Message != tooDeep {
			e = earlier
		}
		return nil, e
	}
	if doubt {
		if e := ambiguity(source, name); e != nil {
			return nil, e
		}
	}
	chunk, err := parse.Parse(&untilStopped{L, bytes.NewReader(source)}, name)
	if stopped(L) {
		return nil, L.Context().Err()
	}
	if err != nil {
		if e := explain(source, name); e != nil {
			return nil, e
		}
		return nil, syntaxError(err, name, source)
	}
	if change != nil {
		chunk = change(chunk)
	}
	if line, refused := repair(chunk); refused != "" {
		return nil, &SyntaxError{File: name, Line: line, Message: refused}
	}
	proto, err := compileScoped(chunk, name)
	if err != nil {
		return nil, syntaxError(err, name, source)
	}
	if line, refused := checkCode(proto); refused != "" {
		return nil, &SyntaxError{File: name, Line: line, Message: refused}
	}
	return proto, nil
}

// checkCode mends what the compiler made of a chunk, and says where and why one is refused that it cannot put into its instructions.
func checkCode(p *lua.FunctionProto) (line int, refused string) {
	all := []*lua.FunctionProto{p}
	for len(all) > 0 {
		p := all[len(all)-1]
		all = append(all[:len(all)-1], p.FunctionPrototypes...)
		switch {
		case len(p.Code) > maxCode && slices.ContainsFunc(p.Code, isJump):
			return p.LineDefined, "too much code in one function: split it"
		case len(p.DbgUpvalues) > maxUpvalues:
			return p.LineDefined, fmt.Sprintf("a function uses more than %d variables of functions around it", maxUpvalues)
		}
		countBatches(p.Code, p.FunctionPrototypes)
	}
	return 0, ""
}

func isJump(inst uint32) bool {
	op := opcode(inst)
	return op == lua.OP_JMP || op == lua.OP_FORPREP
}

const (
	maxCode     = 1<<17 - 1 // instructions that a loop can jump over
	maxUpvalues = 1<<8 - 1
)

// untilStopped is a source that ends early when L is stopped; the parser takes any error but io.EOF for text.
type untilStopped struct {
	L      *lua.LState
	source io.Reader
}

func (u *untilStopped) Read(p []byte) (int, error) {
	if stopped(u.L) {
		return 0, io.EOF
	}
	return u.source.Read(p)
}

// Plain takes off what is not Lua at the start, a byte order mark and a first line that begins with #, and leaves a line
// where a line was.
func Plain(source []byte) []byte {
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(source, []byte("#")) {
		if i := bytes.IndexByte(source, '\n'); i >= 0 {
			return source[i:]
		}
		return nil
	}
	return source
}

// syntaxError puts gopher-lua's two kinds of error into our form.
func syntaxError(err error, name string, source []byte) error {
	e := &SyntaxError{File: name, Message: strings.TrimSpace(err.Error())}
	var p *parse.Error
	var c *lua.CompileError
	switch {
	case errors.As(err, &p):
		e.Line, e.Col, e.Message = p.Pos.Line, p.Pos.Column, phrase(p)
		if p.Pos.Line == parse.EOF {
			e.Line, e.Col, e.Unfinished = bytes.Count(bytes.TrimRight(source, "\r\n"), []byte("\n"))+1, 0, true
		}
	case errors.As(err, &c):
		e.Line, e.Message = max(c.Line, 1), c.Message
		switch {
		case strings.HasPrefix(e.Message, "too many local"), strings.HasPrefix(e.Message, "register overflow"):
			e.Message = "the function that begins here has more than 200 local variables and intermediate values: put some into a table, or split it"
		case e.Message == "too many constants", strings.HasPrefix(e.Message, "too long to jump"):
			e.Message = "the function that begins here is too long: split it"
		}
	}
	return e
}

func phrase(p *parse.Error) string {
	message := strings.TrimSpace(p.Message)
	switch {
	case p.Pos.Line == parse.EOF && message == "syntax error":
		return "unexpected end of file"
	case message == "syntax error":
		return "unexpected '" + p.Token + "'"
	case p.Token == "" || p.Token == "EOF":
		return message
	}
	return message + " near '" + p.Token + "'"
}
