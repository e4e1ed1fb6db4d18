//go:build unix && !linux

package owner

// renameNew is os.Rename that replaces nothing.
func renameNew(from, to string) error { return renameUnseen(from, to) }
