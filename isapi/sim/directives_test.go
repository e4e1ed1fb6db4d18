package sim

import (
	"slices"
	"testing"
)

func TestDirectives(t *testing.T) {
	for text, want := range map[string]directiveList{
		"":                            {},
		" ,,\t":                       {},
		`a="b", C= d e ,x=`:           {{"a", "b"}, {"c", "d e"}, {"x", ""}},
		`user="a\"b\\", uri="/x,y=z"`: {{"user", `a"b\`}, {"uri", "/x,y=z"}},
		`a="b"c=d`:                    {{"a", "b"}, {"c", "d"}},
		`a=b"c,d=e`:                   {{"a", `b"c`}, {"d", "e"}},
	} {
		if got, ok := directives(text); !ok || !slices.Equal(got, want) {
			t.Errorf("%q: %q %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{"x", `a="b`, `a="b\`, `a="b\"`, `a="b""c=d`, "a=b, A=c", `a="b", c`} {
		if got, ok := directives(text); ok {
			t.Errorf("%q is taken for %q", text, got)
		}
	}
}
