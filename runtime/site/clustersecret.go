package site

import (
	"errors"
	"io/fs"
	"os"
	goruntime "runtime"

	"go.yaml.in/yaml/v3"
)

// checkClusterSecret reports a secret that others can read, and warns of one that
// is not there: "cluster init" makes it when site.yaml stands.
func (r *reader) checkClusterSecret(n *yaml.Node, path string) {
	info, err := os.Stat(inFolder(r.dir, path))
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.unlocked:
	case errors.Is(err, fs.ErrNotExist):
		r.warn(n, `cluster: there is no `+quoted(path)+` yet: "hiklua cluster init" makes it, once for all machines`)
	case regular(info, err) != nil:
		r.fail(n, "%s: %s", quoted(path), reason(regular(info, err)))
	case goruntime.GOOS != "windows" && info.Mode().Perm()&0o066 != 0:
		r.fail(n, "%s can be read or written by others (mode %04o): chmod 600 it", quoted(path), info.Mode().Perm())
	}
}
