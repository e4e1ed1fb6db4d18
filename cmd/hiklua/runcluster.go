package main

import (
	"context"
	"errors"
)

// runCluster runs the site in dir as one host of its cluster until ctx ends.
func (a *app) runCluster(ctx context.Context, dir, host string, o runOptions) error {
	return errors.New("this version does not run clusters yet")
}
