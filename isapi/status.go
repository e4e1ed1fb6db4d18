package isapi

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// deviceStatus is what a device says about a request, in one of its forms:
// ResponseStatus or userCheck, XML or JSON. Its methods may be called on nil.
type deviceStatus struct {
	userCheck bool // the root was userCheck: code is an HTTP status then
	code      int
	text      string // statusString
	sub       string // subStatusCode
	detail    string // description or errorMsg

	lockStatus string
	tries      int // more wrong logins until the lock; -1: not said
	unlock     time.Duration
}

// parseStatus reads body if it is such a document, by its first bytes and
// not by its Content-Type, which lies. nil: it is something else.
func parseStatus(body []byte) *deviceStatus {
	switch firstByte(body) {
	case '<':
		name := rootName(body)
		user := strings.EqualFold(name, "userCheck")
		if !user && !strings.HasSuffix(strings.ToLower(name), "responsestatus") {
			return nil
		}
		root, err := ParseXML(body)
		if err != nil {
			return nil
		}
		return newStatus(user, func(name string) string { return root.Get(name) })
	case '{':
		var doc map[string]any
		if json.Unmarshal(DecodeText(body, ""), &doc) != nil {
			return nil
		}
		user := false
		for _, name := range []string{"ResponseStatus", "userCheck"} {
			if inner, ok := doc[name].(map[string]any); ok {
				doc, user = inner, name == "userCheck"
			}
		}
		if doc["statusCode"] == nil && doc["subStatusCode"] == nil && doc["statusValue"] == nil {
			return nil
		}
		return newStatus(user, func(name string) string { return jsonText(doc[name]) })
	}
	return nil
}

func newStatus(user bool, get func(string) string) *deviceStatus {
	number := func(name string) (int, bool) {
		text := get(name)
		if text == "" {
			return 0, false // without the cost of an error
		}
		n, err := strconv.Atoi(text)
		return n, err == nil
	}
	s := &deviceStatus{userCheck: user, tries: -1}
	codeField := "statusCode"
	if user {
		codeField = "statusValue"
	}
	s.code, _ = number(codeField)
	s.text = get("statusString")
	s.sub = get("subStatusCode")
	s.detail = get("description")
	if s.detail == "" && !strings.EqualFold(get("errorMsg"), s.sub) {
		s.detail = get("errorMsg")
	}
	s.lockStatus = strings.ToLower(get("lockStatus"))
	for _, name := range []string{"retryLoginTime", "retryTimes"} {
		if n, ok := number(name); ok && n >= 0 {
			s.tries = n
			break
		}
	}
	for _, name := range []string{"unlockTime", "resLockTime"} {
		if n, ok := number(name); ok && n > 0 && n < 7*24*3600 {
			s.unlock = time.Duration(n) * time.Second
			break
		}
	}
	return s
}

func jsonText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// failed reports whether the device did not do what it was asked, whatever
// the HTTP status: failures come with 200, too. 7 is "done, restart needed".
func (s *deviceStatus) failed() bool {
	switch {
	case s == nil:
		return false
	case s.userCheck:
		return s.code != 200 && s.code != 0
	case s.code == 0:
		return s.sub != "" && !strings.EqualFold(s.sub, "ok")
	}
	return s.code != 1 && s.code != 7
}

func (s *deviceStatus) locked() bool {
	switch {
	case s == nil || s.userCheck && s.code == 200:
		return false
	case s.lockStatus == "lock" || s.lockStatus == "locked" || s.tries == 0:
		return true
	}
	return s.lockStatus == "" && s.unlock > 0
}

// countsTries reports that the device counted a wrong password.
func (s *deviceStatus) countsTries() bool { return s != nil && (s.tries >= 0 || s.lockStatus != "") }

func (s *deviceStatus) triesLeft() (int, bool) {
	if s == nil || s.tries < 0 {
		return 0, false
	}
	return s.tries, true
}

// passwordRight reports a 401 whose body blames something other than the
// password: a right, a used-up nonce, a full table of connections.
func (s *deviceStatus) passwordRight() bool {
	switch {
	case s == nil || s.countsTries():
		return false
	case s.userCheck:
		return s.code == 200
	}
	switch strings.ToLower(s.sub) {
	case "invalidoperation", "notsupport", "methodnotallowed", "lowprivilege", "badauthorization",
		"devicebusy", "serviceunavailable", "nomemory":
		return true
	}
	return false
}

func firstByte(body []byte) byte {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n\x00")
	if len(body) == 0 {
		return 0
	}
	return body[0]
}
