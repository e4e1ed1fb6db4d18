package luaapi

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func emit(c *call) int {
	c.atMost(2)
	text, ok := c.arg(0).(lua.LString)
	if !ok {
		c.wrong("the name", `a string such as "doorbell"`, c.arg(0))
	}
	name := c.emittedName(string(text))
	value, err := newCopier(c.L, "value", "an event carries").copy(c.arg(1))
	if err != nil {
		c.misuse("%v", err)
	}
	c.notWhileLoading("emit: it may never go live")
	if err := TaskOf(c.L).Emit(name, value); err != nil {
		c.raise(err)
	}
	return 0
}

// emittedName refuses names that would be taken for an event of a device.
func (c *call) emittedName(name string) string {
	switch {
	case strings.TrimSpace(name) == "":
		c.misuse("the name is an empty string")
	case strings.Contains(name, ":"):
		c.misuse("%q: a name with a colon is an event of a device, which no script can emit", name)
	}
	for _, w := range EventWords() {
		if strings.EqualFold(w, name) {
			c.misuse("%q is an event of a device: dev:on(%q, fn), or hik.on(\"DEVICE:%s\", fn)", name, w, w)
		}
	}
	return name
}
