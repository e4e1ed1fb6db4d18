package luaapi

import (
	"regexp"
	"strings"
	"testing"
)

// TestInstead: each name that is to be written in the place of one that does not
// exist is there, and none of the others.
func TestInstead(t *testing.T) {
	all := namesOf()
	has := func(path string) bool {
		i := strings.LastIndexByte(path, '.')
		owner := all[path[:i]]
		return owner != nil && owner.byName[path[i+1:]] != nil || all[path] != nil
	}
	name := regexp.MustCompile(`(?:^|[ ,])(hik(?:\.[a-z_]+)+)`)
	for wrong, text := range instead {
		if has(wrong) {
			t.Errorf("there is %s", wrong)
		}
		for _, m := range name.FindAllStringSubmatch(text, -1) {
			if !has(m[1]) {
				t.Errorf("%s: there is no %s", wrong, m[1])
			}
		}
	}
}
