package nearest

import (
	"strings"
	"testing"
)

func TestWord(t *testing.T) {
	known := []string{"ip", "username", "password", "port", "scheme", "snapshot", "ptz_stop", "ptz_preset", "duration", "wait", "name"}
	for typed, want := range map[string]string{
		"pasword": "password", "passwrod": "password", "PASSWORD": "password", "pass": "password", "usrname": "username",
		"prot": "port", "pi": "ip", "snapshoot": "snapshot", "ptz-stop": "ptz_stop", "ptz_stpo": "ptz_stop", "": "", "zzz": "", "x": "",
		"password": "password", "dur": "duration", "du": "", "wiat": "wait", "nmae": "name", "preset": "", "completely different": "",
	} {
		if got := Word(typed, known); got != want {
			t.Errorf("Word(%q) = %q, want %q", typed, got, want)
		}
	}
	if got := Word("x", nil); got != "" {
		t.Errorf("of nothing: %q", got)
	}
	if got := Word("Tur", []string{"Tor", "Tür"}); got != "Tor" {
		t.Errorf("of two equally near words: %q, want the first", got)
	}
	if got := Word("tür", []string{"Tür Süd", "TÜR"}); got != "TÜR" {
		t.Errorf("letters beyond ASCII: %q", got)
	}
}

// A script may look up a key of megabytes, or have such names itself.
func TestLongWords(t *testing.T) {
	long := strings.Repeat("a", 1<<20)
	if got := Word(long, []string{long, "name"}); got != "" {
		t.Errorf("a word of %d bytes", len(got))
	}
	if got := Word("name", []string{long, "nam"}); got != "nam" {
		t.Errorf("beside a long one: %q", got)
	}
}

func TestHint(t *testing.T) {
	if got := Hint("nmae", []string{"wait", "name"}); got != ` (did you mean "name"?)` {
		t.Error(got)
	}
	if got := Hint("xyz", []string{"wait", "name"}); got != "" {
		t.Error(got)
	}
}
