package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// SyntaxError tells why a chunk does not load. Its text is one line, `scripts/tour.lua:12:5: unexpected 'end'`.
type SyntaxError struct {
	File    string
	Line    int // from 1; 0 where it concerns the file as a whole
	Col     int // from 1; 0 where it is not known
	Message string
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
// mark and a first line that begins with # are skipped. The error is a *SyntaxError.
func Load(L *lua.LState, source []byte, name string) (*lua.LFunction, error) {
	proto, err := Compile(source, name)
	if err != nil {
		return nil, err
	}
	return L.NewFunctionFromProto(proto), nil
}

// Compile is Load without a state: for checking a file, or loading it many times (LState.NewFunctionFromProto).
func Compile(source []byte, name string) (*lua.FunctionProto, error) {
	return compile(source, name, DefaultMaxSource)
}

func compile(source []byte, name string, limit int) (*lua.FunctionProto, error) {
	whole := func(format string, args ...any) error {
		return &SyntaxError{File: name, Message: fmt.Sprintf(format, args...)}
	}
	if len(source) > limit {
		return nil, whole("too large: %d bytes, at most %d", len(source), limit)
	}
	source = plain(source)
	if bytes.HasPrefix(source, []byte("\x1bLua")) {
		return nil, whole("compiled Lua is not loaded, only source text")
	}
	chunk, err := parse.Parse(bytes.NewReader(source), name)
	if err != nil {
		return nil, syntaxError(err, name, source)
	}
	proto, err := lua.Compile(chunk, name)
	if err != nil {
		return nil, syntaxError(err, name, source)
	}
	return proto, nil
}

// plain takes off what is not Lua at the start, and leaves a line where a line was.
func plain(source []byte) []byte {
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(source, []byte("#")) {
		if i := bytes.IndexByte(source, '\n'); i >= 0 {
			return source[i:]
		}
		return nil
	}
	return source
}

func syntaxError(err error, name string, source []byte) error {
	var p *parse.Error
	if errors.As(err, &p) {
		return &SyntaxError{File: name, Line: p.Pos.Line, Col: p.Pos.Column, Message: strings.TrimSpace(p.Message)}
	}
	return &SyntaxError{File: name, Message: strings.TrimSpace(err.Error())}
}
