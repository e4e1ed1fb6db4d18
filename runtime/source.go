package runtime

import (
	"fmt"
	"io"
	"os"

	"github.com/hiklua/hiklua/luaapi"
)

// mostSource bounds the source of a script that is shown.
const mostSource = 4 << 20

// ScriptSource is what is saved at present of a script that Status lists, which may
// differ from what runs. A file that lies outside the site's folder, by way of a
// link, is refused. The error is of kind misuse for another name.
func (h *Host) ScriptSource(name string) ([]byte, error) {
	h.mu.Lock()
	o, err := h.loaderOf(name)
	h.mu.Unlock()
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(h.source())
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if info, err := root.Stat(o.file); err == nil && !info.Mode().IsRegular() {
		return nil, notPlain(o.file, "no plain file")
	}
	f, err := root.Open(o.file)
	if err != nil {
		return nil, &luaapi.Failure{Kind: "misuse", Message: fmt.Sprintf("%s cannot be read: %s", o.file, firstLine(err)), Err: err}
	}
	defer f.Close()
	source, err := io.ReadAll(io.LimitReader(f, mostSource+1))
	if err == nil && len(source) > mostSource {
		return nil, &luaapi.Failure{Kind: "misuse", Message: fmt.Sprintf("%s is larger than %d MB", o.file, mostSource>>20)}
	}
	return source, err
}
