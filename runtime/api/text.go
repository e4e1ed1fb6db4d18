package api

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// Text is what Lua reads and writes: text, or any bytes. In JSON it is a string
// if it is UTF-8, else {"base64": "..."}.
type Text []byte

type encoded struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON implements json.Marshaler.
func (t Text) MarshalJSON() ([]byte, error) {
	if utf8.Valid(t) {
		return line(string(t))
	}
	return line(encoded{t})
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(value []byte) error {
	if !bytes.HasPrefix(value, []byte("{")) {
		var s string
		err := json.Unmarshal(value, &s)
		*t = Text(s)
		return err
	}
	var e encoded
	dec := json.NewDecoder(bytes.NewReader(value))
	dec.DisallowUnknownFields()
	err := dec.Decode(&e)
	*t = e.Base64
	return err
}
