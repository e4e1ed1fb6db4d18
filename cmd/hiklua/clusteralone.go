package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hiklua/hiklua/runtime/site"
)

// aloneFile marks the folder of a host of a cluster in which the site was run without
// the cluster since: what scripts keep went on here, and the cluster does not know.
func aloneFile(dir string) string { return filepath.Join(dataFolder(dir), "cluster", "ran-alone") }

// noteAlone marks the folder of a site that runs without a cluster, if it had one.
func noteAlone(dir string) error {
	if _, err := os.Stat(filepath.Join(dataFolder(dir), "cluster", "release")); err != nil {
		return nil
	}
	if err := writeSecret(aloneFile(dir), nil); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// ranAlone is the error where a cluster would go on with what it had before the site
// ran without it.
func (a *app) ranAlone(s *site.Site) error {
	info, err := os.Stat(aloneFile(s.Dir))
	if err != nil {
		return nil
	}
	return &failure{fmt.Sprintf(`this site has run here without its cluster, from %s on: the cluster would go on with what hik.state and its release were before that
  to go on with what is here, begin the cluster anew: remove data/engine, data/cluster and secrets/cluster, and type "%s cluster init"; on the other machines remove data/engine, data/cluster and data/state.db, and copy secrets/cluster to them
  to go on with what the cluster had: remove %s`, info.ModTime().In(s.Timezone).Format(time.DateTime), a.name, aloneFile(s.Dir))}
}
