// Package isapi speaks to Hikvision cameras, NVRs and DVRs, and to the other
// brands that share their firmware, over ISAPI: HTTP, XML, digest login.
//
// A Client belongs to one device and one account. Its methods do one thing
// each, take their deadline from the context, may be called from several
// goroutines, and return *Error, which says what went wrong (Kind), whether a
// second try makes sense (Retryable) and what to do about it (Hint).
//
//	c, err := isapi.New(isapi.Config{Host: "192.0.2.10", Username: "operator", Password: isapi.NewSecret(pw)})
//	info, err := c.DeviceInfo(ctx)
//	pic, err := c.Picture(ctx, 1, isapi.PictureOptions{})
//
// Channels are human numbers 1, 2, 3; the package finds out which ids and
// paths a device wants for them and remembers it.
//
// A wrong password is tried once, at most twice. From then on nothing is sent
// (every call fails at once) until ResetLogin, so that no account gets locked;
// Account says how.
//
// The package logs nothing, keeps no global state, and starts no goroutine of
// its own. Close drops idle connections; a Sibling has connections of its own
// and is closed on its own.
package isapi
