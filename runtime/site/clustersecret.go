package site

import (
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	goruntime "runtime"

	"go.yaml.in/yaml/v3"
)

// checkClusterSecret reports a secret that others can read, or that is none, and warns of one that
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
	default:
		data, err := os.ReadFile(inFolder(r.dir, path))
		if err != nil {
			r.fail(n, "%s: %s", quoted(path), reason(err))
		} else if !isMemberKey(data) {
			r.fail(n, `%s is not what "hiklua cluster init" makes, or not the whole of it: copy it again from the machine on which it was made`, quoted(path))
		}
	}
}

// isMemberKey tells whether data is PEM with a certificate and a key: that they belong
// together is found out when the engine starts.
func isMemberKey(data []byte) bool {
	found := map[string]bool{}
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			return found["CERTIFICATE"] && found["PRIVATE KEY"]
		}
		found[block.Type], data = true, rest
	}
}
