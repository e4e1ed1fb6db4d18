package lineedit

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func shownKeys(keys []key) string {
	var all []string
	for _, k := range keys {
		if k.name != "" {
			all = append(all, "<"+k.name+">")
		}
		all = append(all, strings.ReplaceAll(k.text, "\r", "/"))
	}
	return strings.Join(all, "")
}

// However the bytes are cut, the keys are the same.
func TestKeysOfCutInput(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"print(1)\r", "print(1)<enter>"},
		{"Tür ß é Ж 日本 👍🏽", "Tür ß é Ж 日本 👍🏽"},
		{"\x1b[A\x1bOB\x1b[1;5C\x1b[3~x", "<up><down><M-f><delete>x"},
		{"\x1bb\x1b\x7f\x1bé", "<M-b><M-backspace><M-é>"},
		{"\x01\x03\x1f\t\x7f", "<C-a><C-c><C-_><tab><backspace>"},
		{"a\x1b[200~x = 1\ry = 'ü'\r\x1b[201~b", "a<paste>x = 1/y = 'ü'/b"},
		{"a\x1b[15~\x1b[24;1Rb\x1b[?62;4cc", "ab<answer>62;4c"},                                        // F5, and answers that nobody asked for
		{"a\xffb\xc2\x85c\xe6\x97d", "abcd"},                                                           // no letters
		{"\x1b[200~" + strings.Repeat("ü", 3000) + "\x1b[201~", "<paste>" + strings.Repeat("ü", 3000)}, // longer than one read
	} {
		for size := range 12 {
			var d decoder
			var keys []key
			in := []byte(c.in)
			for len(in) > 0 {
				n := min(size+1, len(in))
				keys = append(keys, d.feed(in[:n], time.Unix(0, 0))...)
				in = in[n:]
			}
			got := strings.ReplaceAll(shownKeys(keys), "<esc>", "")
			if got != c.want {
				t.Errorf("%.40q in pieces of %d: %.80q, want %.80q", c.in, size+1, got, c.want)
			}
		}
	}
}

// Esc by itself closes what is open at once, and is no part of what is typed
// much later.
func TestEscape(t *testing.T) {
	for _, c := range []struct {
		later time.Duration
		want  string
	}{{10 * time.Millisecond, "<esc><up>"}, {time.Second, "<esc>[A"}} {
		var d decoder
		at := time.Unix(0, 0)
		keys := d.feed([]byte("\x1b"), at)
		keys = append(keys, d.feed([]byte("[A"), at.Add(c.later))...)
		if got := shownKeys(keys); got != c.want {
			t.Errorf("after %v: %s", c.later, got)
		}
	}
}

func TestPasted(t *testing.T) {
	got := pasted("a\r\nb\rc\n\td\x1b[31m\x00é\xff")
	if want := "a\nb\nc\n\td[31mé"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		text     string
		at       int
		rows     string
		row, col int
	}{
		{"", 0, "> ", 0, 2},
		{"abc", 1, "> abc", 0, 3},
		{"abcdef", 6, "> abcdef|", 1, 0}, // the cursor needs a place
		{"abcdef", 2, "> abcdef", 0, 4},
		{"abcdefgh", 8, "> abcdef|gh", 1, 2},
		{"a\nbc", 4, "> a|. bc", 1, 4},
		{"a\nbc", 1, "> a|. bc", 0, 3},
		{"a\n", 2, "> a|. ", 1, 2},
		{"日本語é", 9, "> 日本語|é", 1, 0}, // é is two code points here
		{"a日本語", 10, "> a日本|語", 1, 2},
		{"e\u0301x", 3, "> e\u0301x", 0, 3},
		{"\tx", 1, ">     x", 0, 6},
	} {
		l := lay(c.text, c.at, "> ", ". ", 8)
		got := fmt.Sprintf("%s at %d,%d", strings.Join(l.rows, "|"), l.row, l.col)
		if want := fmt.Sprintf("%s at %d,%d", c.rows, c.row, c.col); got != want {
			t.Errorf("%q at %d: %s, want %s", c.text, c.at, got, want)
		}
	}
}
