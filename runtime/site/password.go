package site

import (
	"errors"
	"io"
	"io/fs"
	"os"
	goruntime "runtime"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/isapi"
)

const maxPasswordFile = 4 << 10

// passwordFileField reads the path of a file with a password, and the password.
func passwordFileField[T any](dst func(*T) *isapi.Secret) func(*reader, *yaml.Node, *T) {
	return func(r *reader, n *yaml.Node, into *T) {
		if r.unlocked || r.madeUp {
			return
		}
		if path, ok := r.scalar(n); ok {
			r.passwordFrom(n, path, dst(into))
		}
	}
}

func (r *reader) passwordFrom(n *yaml.Node, path string, into *isapi.Secret) {
	f, err := r.openPasswordFile(path)
	if err != nil {
		r.fail(n, "%s: %s", shown(n), reason(err))
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		r.fail(n, "%s: %s", shown(n), reason(err))
		return
	}
	if goruntime.GOOS != "windows" && info.Mode().Perm()&0o066 != 0 {
		r.fail(n, "%s can be read or written by others (mode %04o): chmod 600 it", shown(n), info.Mode().Perm())
		return
	}
	data, err := io.ReadAll(io.LimitReader(f, maxPasswordFile+1))
	text := string(isapi.DecodeText(data, "")) // Windows tools write UTF-16, or a mark
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	password := isapi.NewSecret(text)
	switch {
	case err != nil:
		r.fail(n, "%s: %s", shown(n), reason(err))
	case len(data) > maxPasswordFile:
		r.fail(n, "%s is too large for a password (over 4 KB)", shown(n))
	case text == "":
		r.fail(n, "%s is empty", shown(n))
	case strings.ContainsAny(text, "\r\n"):
		r.fail(n, "%s has more than one line", shown(n))
	case isapi.CheckPassword(password) != nil:
		r.fail(n, "%s: %s", shown(n), rule(isapi.CheckPassword(password)))
	default:
		*into = password
	}
}

var errNotRegular = errors.New("is not a regular file")

// openPasswordFile looks before it opens: opening a pipe would wait for ever.
func (r *reader) openPasswordFile(path string) (*os.File, error) {
	if !r.confined {
		path = inFolder(r.dir, path)
		if err := regular(os.Stat(path)); err != nil {
			return nil, err
		}
		return os.Open(path)
	}
	if r.dir == "" {
		return nil, errors.New("a password_file needs a site")
	}
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := regular(root.Stat(path)); err != nil {
		return nil, err
	}
	return root.Open(path)
}

func regular(info fs.FileInfo, err error) error {
	if err == nil && !info.Mode().IsRegular() {
		return errNotRegular
	}
	return err
}

// reason is what went wrong with a file, without the path: the message has it.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "the file cannot be read: permission denied"
	}
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err.Error()
	}
	return err.Error()
}
