package isapi

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// This file and neterror.go are the one place where errors are told apart:
// what a device refuses here, what a connection does there.

// fail begins an Error about cl.
func (c *Client) fail(cl *call, err error) *Error {
	return &Error{Op: cl.op, Device: c.cfg.Name, Channel: cl.channel, Method: cl.method, Path: cl.path, Err: err}
}

// misuse is an argument that no device could take; nothing was sent.
func (c *Client) misuse(op string, channel int, format string, args ...any) error {
	return &Error{Op: op, Device: c.cfg.Name, Channel: channel, Err: ErrMisuse, Detail: fmt.Sprintf(format, args...)}
}

// refused turns an answer that is no success into an Error. Devices
// contradict themselves, so subStatusCode decides first, then statusCode,
// then the HTTP status.
func (c *Client) refused(cl *call, status int, header http.Header, body []byte, st *deviceStatus) *Error {
	e := c.fail(cl, nil)
	e.HTTPStatus = status
	c.describe(e, body, st)
	if status/100 == 3 {
		e.Err = ErrBadAnswer
		e.Detail = "the device redirects" + c.redirectTarget(header)
		e.Hint = "redirects are not followed; if it wants https, set scheme: https (port 443 or 8443)"
		return e
	}
	e.Err = kindBySub(e.SubCode)
	if e.Err == nil && st != nil && !st.userCheck {
		e.Err = kindByCode(st.code, status)
	}
	if e.Err == nil {
		e.Err = kindByHTTP(status)
	}
	if retry, err := time.ParseDuration(header.Get("Retry-After") + "s"); err == nil && retry > 0 && retry < time.Hour {
		e.RetryIn = retry
	}
	e.Hint = hint(cl, e, st == nil)
	return e
}

func kindBySub(sub string) error {
	switch strings.ToLower(sub) {
	case "notsupport", "methodnotallowed", "baddevtype":
		return ErrUnsupported
	case "lowprivilege", "badauthorization":
		return ErrForbidden
	case "devicebusy", "serviceunavailable", "nomemory", "upgrading", "reconnectipc",
		"audioisplayingpleasewait", "ptzoccupiedpriority":
		return ErrBusy
	case "invalidchannel":
		return ErrNotFound
	case "deviceerror", "28181uninitialized", "badxmlformat", "badxmlcontent", "badparameters",
		"notactivated", "transparentmutexptz485":
		return errDevice
	}
	return nil
}

func kindByCode(code, status int) error {
	switch code {
	case 2:
		return ErrBusy
	case 3, 5, 6:
		if status == http.StatusNotFound {
			return ErrNotFound
		}
		return errDevice
	case 4:
		switch status {
		case http.StatusNotFound:
			return ErrNotFound
		case http.StatusUnauthorized, http.StatusForbidden:
			return ErrForbidden
		case http.StatusServiceUnavailable:
			return ErrBusy
		}
		return errDevice
	}
	return nil
}

func kindByHTTP(status int) error {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound, http.StatusGone:
		return ErrNotFound
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return ErrUnsupported
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return ErrTimeout
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return ErrBusy
	case http.StatusBadGateway:
		return ErrOffline
	}
	return errDevice
}

// describe copies what the device said into e.
func (c *Client) describe(e *Error, body []byte, st *deviceStatus) {
	if st == nil {
		e.Detail = c.scrub(describeBody(body, nil))
		return
	}
	if !st.userCheck {
		e.Code = st.code
	}
	e.SubCode = c.scrub(st.sub)
	var said []string
	for _, s := range []string{st.sub, st.text, st.detail} {
		if s != "" && !strings.EqualFold(s, "ok") {
			said = append(said, s)
		}
	}
	e.Detail = c.scrub(strings.Join(said, ", "))
}

// describeBody names a body that is no ResponseStatus.
func describeBody(body []byte, err error) string {
	first := firstByte(body)
	switch {
	case len(body) == 0 && err != nil:
		return "an empty answer"
	case len(body) == 0:
		return ""
	case first == '<':
		if !IsWebPage(body) {
			break
		}
		lower := bytes.ToLower(body[:min(len(body), 4096)])
		if _, after, ok := bytes.Cut(lower, []byte("<title>")); ok {
			at := len(lower) - len(after)
			if title, _, ok := bytes.Cut(body[at:min(len(body), 4096)], []byte("<")); ok {
				return "a web page titled " + `"` + strings.TrimSpace(string(title)) + `"`
			}
		}
		return "a web page"
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// IsWebPage reports whether a body is made for a browser.
func IsWebPage(body []byte) bool {
	lower := bytes.ToLower(body[:min(len(body), 4096)])
	return bytes.Contains(lower, []byte("<html")) || bytes.Contains(lower, []byte("<!doctype html"))
}

// scrub makes text from the wire fit for an error: one short line that
// repeats neither password nor header, should a device echo them.
func (c *Client) scrub(s string) string {
	if pw := c.cfg.Password.Reveal(); pw != "" {
		s = strings.ReplaceAll(s, pw, redacted)
		s = strings.ReplaceAll(s, url.QueryEscape(pw), redacted)
	}
	if c.cfg.Auth != AuthDigest {
		s = strings.ReplaceAll(s, strings.TrimPrefix(c.basicHeader(), "Basic "), redacted)
	}
	if strings.Contains(s, `response=`) && strings.Contains(s, "nonce=") {
		return "(the device repeats our login)"
	}
	s = strings.ToValidUTF8(s, "?")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if len(s) > 200 {
		cut := 200
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "..."
	}
	return s
}

func (c *Client) redirectTarget(h http.Header) string {
	u, err := url.Parse(h.Get("Location"))
	switch {
	case err != nil || u.Host == "" && u.Path == "":
		return ""
	case u.Host == "":
		return " to " + c.scrub(u.Path)
	}
	return " to " + c.scrub(u.Scheme+"://"+u.Host)
}
