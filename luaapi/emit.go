package luaapi

import (
	"errors"
	"fmt"
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
	if err := CheckEmittedName(name); err != nil {
		c.misuse("%v", err)
	}
	return name
}

// CheckEmittedName says why a name is none that can be emitted; nil: it is one.
func CheckEmittedName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return errors.New("the name is an empty string")
	case strings.Contains(name, ":"):
		return fmt.Errorf("%q: a name with a colon is an event of a device, which no script can emit", name)
	}
	for _, w := range EventWords() {
		if strings.EqualFold(w, name) {
			return fmt.Errorf("%q is an event of a device: dev:on(%q, fn), or hik.on(\"DEVICE:%s\", fn)", name, w, w)
		}
	}
	return nil
}

// CheckToldName says why a name is none of which scripts can be told from outside:
// an emitted name, "mqtt:" and a topic, or "http:" and the name of a hook.
func CheckToldName(name string) error {
	if topic, ok := strings.CutPrefix(name, MessageEvent); ok {
		return CheckTopic(topic)
	}
	if hook, ok := strings.CutPrefix(name, HookEvent); ok {
		return CheckHookName(hook)
	}
	return CheckEmittedName(name)
}

// EmittedValue makes of what encoding/json reads what Task.Emit takes: tables
// instead of lists and objects.
func EmittedValue(v any) any {
	switch v := v.(type) {
	case []any:
		t := make(map[any]any, len(v))
		for i, item := range v {
			t[float64(i+1)] = EmittedValue(item)
		}
		return t
	case map[string]any:
		t := make(map[any]any, len(v))
		for key, item := range v {
			t[key] = EmittedValue(item)
		}
		return t
	}
	return v
}

// PlainValue is the way back: what encoding/json writes.
func PlainValue(v any) any {
	t, ok := v.(map[any]any)
	if !ok {
		return v
	}
	list := make([]any, 0, len(t))
	for i := range len(t) {
		if item, ok := t[float64(i+1)]; ok {
			list = append(list, PlainValue(item))
		}
	}
	if len(list) == len(t) && len(t) > 0 {
		return list
	}
	object := make(map[string]any)
	for key, item := range t {
		object[fmt.Sprint(key)] = PlainValue(item)
	}
	return object
}

// NameMatches reports whether those who listen to one name are told of another:
// of the same, or of a message whose topic is one of theirs.
func NameMatches(listened, told string) bool {
	filter, ok := strings.CutPrefix(listened, MessageEvent)
	topic, isMessage := strings.CutPrefix(told, MessageEvent)
	if ok && isMessage {
		return TopicMatches(filter, topic)
	}
	return listened == told
}
