package boltfile

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// copyTries is how often a file is read that another process writes to all the
// while.
const copyTries = 50

// Copy copies a bbolt file that another process may have open and write to. The
// copy is the file as it was between two transactions: each one is concluded by
// a meta page, so that a file whose two meta pages are the same before and after
// it was read has not changed meanwhile. The error is ErrChanged if the other
// process leaves no such moment.
func Copy(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	for range copyTries {
		before, err := metas(source)
		if err != nil {
			return err
		}
		if _, err := source.Seek(0, io.SeekStart); err != nil {
			return err
		}
		data, err := io.ReadAll(source)
		if err != nil {
			return err
		}
		after, err := metas(source)
		if err != nil {
			return err
		}
		if bytes.Equal(before, after) {
			return os.WriteFile(to, data, 0o600)
		}
	}
	return fmt.Errorf("%s: %w, again and again", from, ErrChanged)
}

// metas are the bytes of both meta pages, wherever the second one begins: that
// depends on the size of a page.
func metas(file *os.File) ([]byte, error) {
	data := make([]byte, 2<<16)
	n, err := file.ReadAt(data, 0)
	if err == io.EOF {
		err = nil
	}
	return data[:n], err
}
