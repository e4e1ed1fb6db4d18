package site

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decodeAll parses a file's documents. A panic inside the YAML library is an
// error like any other: a file must never end the program.
func decodeAll(data []byte) (documents []yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("the YAML library gave up")
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for len(documents) < 2 {
		var n yaml.Node
		if err := decoder.Decode(&n); err == io.EOF {
			return documents, nil
		} else if err != nil {
			return documents, err
		}
		documents = append(documents, n)
	}
	return documents, nil
}

// syntaxProblem gives place and words for what the YAML library refused. The
// library's lines are of the block around the mistake, and its words can hold
// what was typed (a password that begins with *), so neither is passed on.
func syntaxProblem(err error, data []byte) (line, col int, what string) {
	lines := bytes.SplitAfter(data, []byte("\n"))
	line = badLine(lines, err)
	what = plainWords(err.Error())
	if what == wrongIndent && line > 1 && !bytes.ContainsAny(lines[line-2], ":-#[{") && len(bytes.TrimSpace(lines[line-2])) > 0 {
		line, what = line-1, `a key without ": " in this line`
	}
	if what == notClosed {
		if l, c, ok := bareVariable(lines[line-1:]); ok {
			return line + l, c, `${NAME} needs quotes inside { } and [ ]: "${NAME}"`
		}
	}
	text := string(lines[line-1])
	if blockScalar.MatchString(text) {
		return line, strings.IndexAny(text, "|>") + 1, "a value that begins with | or > needs quotes"
	}
	indent := len(text) - len(strings.TrimLeft(text, " "))
	col = indent + 1
	if strings.HasPrefix(text[indent:], "\t") {
		return line, col, "a tab indents this line: YAML wants spaces"
	}
	return line, col, what
}

// blockScalar is a line whose value begins with what YAML takes for a block.
var blockScalar = regexp.MustCompile(`^[ -]*[A-Za-z_]+: +[|>][^\s#0-9+-]`)

// maxSearched bounds the search for the line; larger files get the library's.
const maxSearched = 64 << 10

// badLine is the line after the longest start of the file that parses: there
// the thing begins that cannot be read.
func badLine(lines [][]byte, err error) int {
	size := 0
	for _, l := range lines {
		size += len(l)
	}
	if size > maxSearched {
		return min(max(reportedLine(err), 1), len(lines))
	}
	step := max(1, len(lines)/200)
	good := lastGood(lines, 0, len(lines), step)
	good = lastGood(lines, good, min(good+2*step, len(lines)), 1)
	for good < len(lines)-1 && len(bytes.TrimSpace(lines[good])) == 0 {
		good++
	}
	return min(good+1, len(lines))
}

func lastGood(lines [][]byte, from, to, step int) int {
	good := from
	for k := from + step; k <= to; k += step {
		if _, err := decodeAll(bytes.Join(lines[:k], nil)); err == nil {
			good = k
		}
	}
	return good
}

var lineOfError = regexp.MustCompile(`^yaml: line (\d+): `)

func reportedLine(err error) int {
	if m := lineOfError.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		return line
	}
	return 1
}

// bareVariable finds the first ${ that stands inside { } or [ ] and is not in
// quotes: YAML takes its brace for one of its own.
func bareVariable(lines [][]byte) (line, col int, found bool) {
	depth, quote := 0, byte(0)
	for i, l := range lines {
		before := byte(' ') // the last character that is no space
		for j, c := range l {
			switch {
			case quote != 0:
				if c == quote && (quote == '\'' || j == 0 || l[j-1] != '\\') {
					quote = 0
				}
			case c == '#' && (j == 0 || l[j-1] == ' '):
				c = '\n'
			case (c == '"' || c == '\'') && bytes.IndexByte([]byte(" ,:[{"), before) >= 0:
				quote = c
			case c == '{' && j > 0 && l[j-1] == '$' && depth > 0:
				return i, j, true
			case c == '{' || c == '[':
				depth++
			case c == '}' || c == ']':
				depth--
			}
			if c == '\n' {
				break
			}
			if c != ' ' {
				before = c
			}
		}
	}
	return 0, 0, false
}

// notClosed is also what YAML makes of a bare ${NAME} inside { }.
const notClosed = `a [ or { opens here and is not closed`

const wrongIndent = `wrong indentation, or a ": " inside a value (write such a value in quotes)`

var syntaxWords = []struct{ library, plain string }{
	{"unknown anchor", `a value that begins with * must be written in quotes`},
	{"mapping values are not allowed", wrongIndent},
	{"did not find expected ','", notClosed},
	{"unexpected end of stream", `a quote opens here and is not closed`},
	{"cannot start any token", "a value that begins with @, % or ` must be written in quotes"},
	{"unknown escape", `in double quotes a \ begins an escape: write \\, or use single quotes`},
	{"tab character", `a tab indents this line: YAML wants spaces`},
	{"expected key", `does not fit in: wrong indentation, or a key without ": "`},
	{"expected ':'", `does not fit in: wrong indentation, or a key without ": "`},
	{"expected '-'", `does not fit in: a list goes on with "- "`},
	{"expected node content", `a value is missing between two commas or brackets`},
	{"document", `does not fit in: one document is all there may be`},
}

func plainWords(library string) string {
	for _, w := range syntaxWords {
		if strings.Contains(library, w.library) {
			return w.plain
		}
	}
	library = lineOfError.ReplaceAllString(library, "")
	return fmt.Sprintf("cannot be read as YAML: %s", strings.TrimPrefix(library, "yaml: "))
}
