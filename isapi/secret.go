package isapi

import "log/slog"

// Secret holds a password. However it is printed, logged or marshalled it
// shows as "***"; only Reveal gives the text.
type Secret struct{ text string }

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the text itself. Its callers are the login and nothing else.
func (s Secret) Reveal() string { return s.text }

// IsZero reports whether no password was given.
func (s Secret) IsZero() bool { return s.text == "" }

const redacted = "***"

func (Secret) String() string   { return redacted }
func (Secret) GoString() string { return redacted }

// LogValue keeps the text out of slog's records.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText serves JSON, XML and YAML alike.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
