package check

import (
	"context"
	"path/filepath"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/files"
)

// path refuses what no script may name. What is in the data folder is not looked at.
func (h *host) path(names ...string) error {
	folder := files.NewFolder(filepath.Join(h.dir, "data"))
	for _, name := range names {
		if _, err := folder.ForScripts(name); err != nil {
			return &luaapi.Failure{Kind: "misuse", Message: err.Error(), Err: err}
		}
	}
	return errRehearsal
}

func (h *host) SaveFile(_ context.Context, path string, _ []byte) (string, error) {
	return "", h.path(path)
}

func (h *host) ReadFile(_ context.Context, path string) ([]byte, error)   { return nil, h.path(path) }
func (h *host) AppendFile(_ context.Context, path string, _ []byte) error { return h.path(path) }
func (h *host) RemoveFile(_ context.Context, path string) error           { return h.path(path) }
func (h *host) FileExists(_ context.Context, path string) (bool, error)   { return false, h.path(path) }

func (h *host) RenameFile(_ context.Context, from, to string) (string, error) {
	return "", h.path(from, to)
}
