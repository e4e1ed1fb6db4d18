package boltfile

import (
	"bytes"
	"errors"
	"hash/crc32"
	"slices"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Seal adds a checksum over key and data to data.
func Seal(key, data []byte) []byte {
	sum := crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, data)
	return append(slices.Clip(data), byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
}

// Unseal checks what Seal added. The result does not lie in the file's memory.
func Unseal(key, data []byte) ([]byte, error) {
	if n := len(data) - 4; n >= 0 && bytes.Equal(Seal(key, data[:n:n]), data) {
		return bytes.Clone(data[:n]), nil
	}
	return nil, errors.New("the checksum of an entry is wrong")
}
