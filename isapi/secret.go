package isapi

import (
	"log/slog"
	"unique"
)

// Secret holds a password. However it is printed, logged or marshalled it
// shows as "***"; only Reveal gives the text. Two secrets of the same text
// are equal.
//
// The text lies behind a pointer because fmt calls no methods on the
// unexported fields of a struct: a plain string would show there.
type Secret struct{ text unique.Handle[string] }

// NewSecret wraps text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{unique.Make(text)}
}

// Reveal returns the text itself. Its callers are the login and nothing else.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.text.Value()
}

// IsZero reports whether no password was given.
func (s Secret) IsZero() bool { return s == Secret{} }

const redacted = "***"

// String hides the text.
func (Secret) String() string { return redacted }

// GoString hides the text from %#v.
func (Secret) GoString() string { return redacted }

// LogValue keeps the text out of slog's records.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText serves JSON, XML and YAML alike.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
