//go:build !(darwin || dragonfly || freebsd || linux || windows)

package retention

import "errors"

// freeBytes is not to be had: min_free cannot be kept.
func freeBytes(string) (int64, error) {
	return 0, errors.New("this system does not tell how full a disk is")
}
