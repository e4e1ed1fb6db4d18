package main

import (
	"bytes"
	"os"
	"testing"
)

func TestSameFile(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	other, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if !sameFile(w, w) || sameFile(w, other) || sameFile(w, new(bytes.Buffer)) {
		t.Error("not told apart")
	}
}
