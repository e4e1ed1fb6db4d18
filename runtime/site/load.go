package site

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxFile is far beyond what a person writes.
const maxFile = 1 << 20

// Load reads DIR/site.yaml. env looks up a variable for ${NAME} and says whether
// it is set; os.LookupEnv is such a function. The error is of type Problems.
func Load(dir string, env func(string) (string, bool)) (*Site, error) {
	return load(dir, dir, env, false)
}

// LoadFrom is Load of the site in dir whose site.yaml lies in another folder: paths
// in it are relative to dir.
func LoadFrom(source, dir string, env func(string) (string, bool)) (*Site, error) {
	return load(source, dir, env, false)
}

// LoadSimulated is Load for a run in which every device is simulated: user
// names and passwords are not looked up, so that a site can be tried on a
// machine that has none of its secrets. Runtime decides about the models.
func LoadSimulated(dir string, env func(string) (string, bool)) (*Site, error) {
	return load(dir, dir, env, true)
}

// LoadSimulatedFrom is to LoadSimulated as LoadFrom is to Load.
func LoadSimulatedFrom(source, dir string, env func(string) (string, bool)) (*Site, error) {
	return load(source, dir, env, true)
}

func load(source, dir string, env func(string) (string, bool), unlocked bool) (*Site, error) {
	data, err := readFile(source, FileName, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		err = Problems{{Message: missing(source)}}
	}
	if err != nil {
		return nil, err
	}
	return parse(data, &reader{file: FileName, dir: dir, env: env, unlocked: unlocked})
}

func parse(data []byte, r *reader) (*Site, error) {
	root, err := parseYAML(data, r.file)
	if err != nil {
		return nil, err
	}
	s := &Site{Dir: r.dir, Vars: map[string]any{}, Limits: DefaultLimits()}
	s.Timezone, s.TimezoneName = machineZone(r.env)
	readMap(r, root, siteFields, s)
	for _, check := range r.later {
		check(s)
	}
	if len(r.problems) > 0 {
		return nil, r.problems.sorted()
	}
	s.Warnings, s.Unserved = r.warnings.sorted(), r.unserved.sorted()
	return s, nil
}

// readFile reads a file of a site, of at most so many bytes. The error is of type
// Problems, or fs.ErrNotExist.
func readFile(dir, name string, most int64) ([]byte, error) {
	problem := func(message string) error { return Problems{{File: name, Message: message}} }
	path := filepath.Join(dir, name)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, problem(reason(err))
	case !info.Mode().IsRegular():
		return nil, problem("is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, problem(reason(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, problem(reason(err))
	}
	if int64(len(data)) > most {
		return nil, problem(fmt.Sprintf("is larger than %d MB; is it the right file?", most>>20))
	}
	return data, nil
}

func missing(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, "site.yml")); err == nil {
		return fmt.Sprintf("no site.yaml in %s: rename site.yml to site.yaml", dir)
	}
	return fmt.Sprintf("no site.yaml in %s: run \"hiklua init %s\"", dir, dir)
}

// emptyFile says what an empty file lacks.
func emptyFile(file string) string {
	if file == SavedName {
		return `the file is empty: "hiklua devices --save" writes it anew where there is none`
	}
	return `the file is empty: it needs at least "devices:" ("hiklua init DIR" writes an example)`
}

// parseYAML gives the map at the top, with aliases replaced by what they stand for.
func parseYAML(data []byte, file string) (*yaml.Node, error) {
	at := func(line, col int, format string, args ...any) error {
		return Problems{{File: file, Line: line, Col: col, Message: fmt.Sprintf(format, args...)}}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if line, col, what := badByte(data); what != "" {
		return nil, at(line, col, "%s", what)
	}
	documents, err := decodeAll(data)
	if err != nil {
		line, col, what := syntaxProblem(err, data)
		return nil, at(line, col, "%s", what)
	}
	if len(documents) == 0 || len(documents[0].Content) != 1 {
		return nil, at(1, 1, "%s", emptyFile(file))
	}
	if len(documents) > 1 {
		return nil, at(documents[1].Line, documents[1].Column, "a second document begins here (after ---): one is all there may be")
	}
	x := expander{file: file}
	root := x.expand(documents[0].Content[0])
	switch {
	case len(x.problems) > 0:
		return nil, x.problems.sorted()
	case isNull(root):
		return nil, at(1, 1, "%s", emptyFile(file))
	case root.Kind != yaml.MappingNode:
		return nil, at(root.Line, root.Column, "a map is due here (devices: and so on), not %s", kindOf(root))
	}
	return root, nil
}

// badByte finds the first place that is not readable text.
func badByte(data []byte) (line, col int, what string) {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return 1, 1, "the file is UTF-16: save it as UTF-8"
	}
	line, col = 1, 1
	for i := 0; i < len(data); {
		c, size := utf8.DecodeRune(data[i:])
		switch {
		case c == utf8.RuneError && size == 1:
			return line, col, fmt.Sprintf("byte 0x%02x is not UTF-8: save the file as UTF-8", data[i])
		case c < ' ' && c != '\t' && c != '\n' && c != '\r', c == 0x7f:
			return line, col, fmt.Sprintf("control character 0x%02x: delete it", c)
		case c == '\n':
			line, col = line+1, 0
		}
		i += size
		col++
	}
	return 0, 0, ""
}
