//go:build !unix

package page

// private is true: who may read a file is a matter of its folder here.
func private(string) bool { return true }
