package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// ErrNoHost says that no host runs the site.
var ErrNoHost = errors.New("no host runs there")

// Dial reaches the host of the site with the data folder dir. The error is
// ErrNoHost if there is none.
func Dial(ctx context.Context, dir string) (*net.UnixConn, error) {
	address, done, err := reach(filepath.Join(dir, socketName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoHost
	}
	if err != nil {
		return nil, err
	}
	defer done()
	c, err := new(net.Dialer).DialContext(ctx, "unix", address)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, ErrNoHost
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("the host there belongs to another user: %w", fs.ErrPermission)
	case err != nil:
		return nil, err
	}
	return c.(*net.UnixConn), nil
}

// listenPrivately makes the socket in a folder that no other user may enter,
// and moves it into its place when its mode is right. What lies there is
// replaced in the same step.
func listenPrivately(dir, path string) (*net.UnixListener, error) {
	cell := filepath.Join(dir, ".control-new")
	os.RemoveAll(cell) // a host that was killed in here left it behind
	if err := os.Mkdir(cell, 0o700); err != nil {
		return nil, err
	}
	defer os.RemoveAll(cell)
	made := filepath.Join(cell, socketName)
	address, done, err := reach(made)
	if err != nil {
		return nil, err
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
	done()
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false)
	err = os.Chmod(made, 0o600)
	if err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		listener.Close()
		return nil, err
	}
	return listener, nil
}
