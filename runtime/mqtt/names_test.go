package mqtt

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/luaapi"
)

func TestSlugs(t *testing.T) {
	seen := make(map[string]string)
	for _, name := range []string{"gate", "Gate", "gate 1", "gate_1", "gate-1", "gate.1", "gäte", "gÄte", "", " ", "+", "#", "/", "a/b", "a_b",
		strings.Repeat("x", 48), strings.Repeat("x", 49), strings.Repeat("x", 50), "\x00", "北"} {
		s := slug(name)
		if s == "" || len(s) > maxSlug || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
			t.Errorf("%q is %q", name, s)
		}
		if other, taken := seen[s]; taken {
			t.Errorf("%q and %q are both %q", name, other, s)
		}
		seen[s] = name
	}
	if slug("gate-1") != "gate-1" {
		t.Error("a plain name does not stay")
	}
}

func TestTopicMatches(t *testing.T) {
	topics := []string{"a", "b", "a/b", "a/b/c", "/a", "a/", "$SYS/x", "b/b", "a/c"}
	for filter, want := range map[string]string{
		"#": "[a b a/b a/b/c /a a/ b/b a/c]", "+": "[a b]", "a/#": "[a a/b a/b/c a/ a/c]", "+/b": "[a/b b/b]", "a/+": "[a/b a/ a/c]", "/+": "[/a]",
		"a/b": "[a/b]", "$SYS/#": "[$SYS/x]", "+/x": "[]", "a/+/c": "[a/b/c]", "+/+": "[a/b /a a/ b/b a/c]",
	} {
		var got []string
		for _, topic := range topics {
			if luaapi.TopicMatches(filter, topic) {
				got = append(got, topic)
			}
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", filter, got, want)
		}
	}
}

// Whatever is asked for, a topic fits one filter at most, and one that was asked for
// fits one.
func TestDisjoint(t *testing.T) {
	filters := []string{"a", "#", "+", "a/#", "+/b", "a/+", "a/b", "$SYS/#", "+/+/c", "a/+/#", "b/#", "+/+", "a/b/c"}
	topics := []string{"a", "b", "a/b", "a/c", "b/b", "a/b/c", "b/b/c", "$SYS/x", "c", "x/y/z/u"}
	for i := range 1 << len(filters) {
		var list []string
		for j, f := range filters {
			if i&(1<<j) != 0 {
				list = append(list, f)
			}
		}
		made := disjoint(list)
		for _, topic := range topics {
			fits := func(f string) bool { return luaapi.TopicMatches(f, topic) }
			n := 0
			for _, f := range made {
				if fits(f) {
					n++
				}
			}
			if n > 1 || n == 0 && slices.ContainsFunc(list, fits) {
				t.Fatalf("%v became %v: %s fits %d of them", list, made, topic, n)
			}
		}
	}
	if got := disjoint([]string{"door/+", "door/gate", "in/x"}); fmt.Sprint(got) != "[door/+ in/x]" {
		t.Error(got)
	}
}
