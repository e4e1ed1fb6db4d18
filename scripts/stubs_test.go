package scripts_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/scripts"
)

var update = flag.Bool("update", false, "write stubs/hik.lua anew from luaapi's index")

const stubFile = "stubs/hik.lua"

// The stubs are written from luaapi's index, so that neither has a name that
// the other lacks. An argument or a field that is new needs a type below.
func TestStubs(t *testing.T) {
	w := &stubWriter{t: t, options: make(map[string]string)}
	w.file()
	if *update {
		if err := os.WriteFile(stubFile, w.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(stubFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(have), w.String()); diff != "" {
		t.Errorf("%s is not what luaapi says: go test ./scripts -update\n-have +want\n%s", stubFile, diff)
	}
}

// An editor that knows all keys of a table of options underlines the others, and
// a word that is no event; what names emit may be any.
func TestStubsKnowWhatIsWrong(t *testing.T) {
	classes := 0
	for _, f := range scripts.ForEditors() {
		for _, part := range strings.Split(string(f.Text), "---@class ")[1:] {
			name, rest, _ := strings.Cut(part, "\n")
			if !strings.HasSuffix(name, "Options") && !strings.HasSuffix(name, "Stop") && !strings.HasSuffix(name, "Keys") {
				continue
			}
			classes++
			fields := ""
			for line := range strings.Lines(rest) {
				if !strings.HasPrefix(line, "---@field ") {
					break
				}
				fields += line
			}
			if !strings.HasPrefix(name, "(exact) ") || !strings.HasSuffix(fields, noOther+"\n") || strings.Count(fields, "\n") < 2 {
				t.Errorf("%s: an editor takes any key for right in %s", f.Name, name)
			}
		}
	}
	if classes < 20 {
		t.Errorf("%d classes of options", classes)
	}
	have, err := os.ReadFile(stubFile)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(have), "---@param event hik.EventWord\n"); n != 5 { // on and wait, of devices and channels, and hik.test.emit
		t.Errorf("%d functions take events only", n)
	}
}

// The words of events are the same in stubs/types.lua, which is written by hand.
func TestStubsHaveTheWordsOfEvents(t *testing.T) {
	types, err := os.ReadFile("stubs/types.lua")
	if err != nil {
		t.Fatal(err)
	}
	want := "---@alias hik.EventWord \"" + strings.Join(luaapi.EventWords(), `"|"`) + "\"\n"
	if !strings.Contains(string(types), want) {
		t.Errorf("stubs/types.lua lacks\n%s", want)
	}
}

// argTypes are the types of arguments, by their names in the index; those with
// an owner come first.
var argTypes = map[string]string{
	"dev": "hik.DeviceName|hik.Device|hik.Channel", "ch": "hik.ChannelName|hik.Channel", "channel": "hik.ChannelName",
	"hik.device.name": "hik.DeviceName|hik.DeviceKeys", "name": "string", "path": "string", "to": "string", "text": "string", "bytes": "string",
	"method": `"GET"|"PUT"|"POST"|"DELETE"`, "spec": "string", "when": "string", "duration": "hik.Duration", "down": "hik.Duration", "script": "string", "format": "string",
	"pan": "integer", "tilt": "integer", "zoom": "integer", "preset": "integer|string", "id": "integer", "n": "integer",
	"what": `"light"|"wiper"`, "on": "boolean", "time": "number", "till": "number|string", "speed": "integer", "message": "any",
	"fields": "table<string, any>", "value": "any", "list": "any[]", "...": "any",
	"fn": "fun(run: hik.Firing)", "parallel.fn": "fun(item: any, index: integer): any", "spawn.fn": "fun(...): any",
	"event": "hik.EventWord", "hik.on.event": "hik.EventName", "hik.on.fn": "fun(event: hik.Event|any, run: hik.Firing)", "on.fn": "fun(event: hik.Event, run: hik.Firing)", "emit.name": "string",
	"timeout.fn": "fun(): any", "finally.fn": "fun(): any", "last": "fun()", "on_stop.fn": "fun()", "exclusive.fn": "fun(ch: hik.Channel): any",
	"topic": "string", "publish.value": "string|number|boolean|table|hik.Snapshot",
	"target": "string", "notify.options": "string|hik.NotifyOptions", "url": "string", "hik.http.request.method": `"GET"|"HEAD"|"POST"|"PUT"|"PATCH"|"DELETE"|"OPTIONS"`,
	"folder": "string", "date": "number|string", "root": "string",
	"place": "hik.Channel|hik.Device|string", "device": "hik.Device|string", "fault": "string", "within": "number", "actual": "any", "expected": "any",
	"case.fn": "fun()", "errors.fn": "fun()", "errors.expected": "string", "log.text": "string",
	"content": "string|number|boolean|hik.Element[]", "attributes": "table<string, string|number|boolean>",
}

// fieldTypes are the types of fields in results, by their names in the index.
var fieldTypes = map[string]string{
	"id": "integer", "name": "string", "enabled": "boolean", "online": "boolean?", "stream": "integer", "ptz": "boolean",
	"special": "boolean", "pan": "number", "tilt": "number", "zoom": "number", "steps": "{preset: integer, speed: integer, dwell: number}[]",
	"model": "string", "serial": "string", "firmware": "string", "mac": "string", "type": "string", "raw": "string",
	"time": "number", "ahead": "number", "mode": "string", "zone": "string", "active": "boolean?",
	"status": "integer", "content_type": "string", "body": "string", "xml": "table?",
	"position": "boolean", "max_presets": "integer", "max_patrols": "integer", "max_patterns": "integer",
	"preset_names": "boolean", "wiper": "boolean", "park": "boolean", "position3d": "boolean",
	"ptz_capabilities.pan": "{min: number, max: number}?", "ptz_capabilities.tilt": "{min: number, max: number}?",
	"ptz_capabilities.zoom": "{min: number, max: number}?", "ptz_capabilities.special": "integer[]",
	"pictures": "integer", "bytes": "integer", "left": "integer",
	"sunrise": "number?", "sunset": "number?", "up": "boolean?",
}

// optionTypes are the types of options that the index calls any, by their names.
var optionTypes = map[string]string{
	"picture": "hik.Snapshot", "body": "string|hik.Snapshot", "form": "table<string, string|number|boolean|any[]>",
	"files": "table<string, hik.Snapshot|{name: string?, bytes: string|hik.Snapshot, content_type: string?}>",
}

var resultTypes = map[string]string{
	"": "", "string": "string", "number": "number", "boolean": "boolean", "table": "table", "list": "any[]", "value": "any", "null": "any",
	"number or nil": "number?", "number or nil, number or nil": "number?, number?", "string or table": "string|any", "what fn returns": "any ...", "what its function returned": "any ...",
	"device": "hik.Device", "channel": "hik.Channel", "snapshot": "hik.Snapshot", "job": "hik.Job", "task": "hik.Task",
	"list of devices": "hik.Device[]", "state": "hik.State", "event or nil": "hik.Event?",
	"list of commands": "table[]", "list of strings": "string[]", "list of lines": "table[]", "list of notifications": "table[]", "list of requests": "table[]", "the error": "any",
	"response": "hik.Response", "boolean or {status, body, json}": "any", "list of files": "hik.File[]", "list of pictures": "hik.Picture[]",
}

// noOther is the last field of a class of options. lua-language-server looks at
// it for the keys that no field before it has, and says that what is given does
// not fit: of a table in a call it does not tell unknown keys by "(exact)"
// alone (LuaLS/lua-language-server#2288).
const noOther = "---@field [string] hik.UnknownOption"

// stubWriter writes the stubs.
type stubWriter struct {
	bytes.Buffer
	t       *testing.T
	options map[string]string // the class of a set of options
}

func (w *stubWriter) line(text ...string) { w.WriteString(strings.Join(text, "") + "\n") }

func (w *stubWriter) file() {
	w.line("---@meta hik")
	w.line(`-- The hik module for editors, made from hiklua's own index of it.`)
	w.deviceKeys()
	var owners []string
	entries := make(map[string][]luaapi.Entry)
	for _, e := range luaapi.API() {
		if entries[e.Owner] == nil {
			owners = append(owners, e.Owner)
		}
		entries[e.Owner] = append(entries[e.Owner], e)
	}
	for _, owner := range owners {
		for _, e := range entries[owner] {
			w.classes(e)
		}
	}
	for _, owner := range owners {
		w.owner(owner, entries[owner])
	}
	w.line("\nreturn hik")
}

func (w *stubWriter) deviceKeys() {
	w.line("\n---The keys of a device that is not in site.yaml.\n---@class (exact) hik.DeviceKeys")
	types := map[string]string{"text": "string", "secret": "string", "map": "table"}
	for _, k := range site.DeviceKeys() {
		if strings.Contains(k.Path, ".") {
			continue
		}
		kind := types[k.Type]
		switch {
		case kind != "":
		case strings.HasPrefix(k.Type, "duration"):
			kind = "hik.Duration"
		case strings.HasPrefix(k.Type, "whole number"):
			kind = "integer"
		case strings.HasPrefix(k.Type, "number"):
			kind = "number"
		case strings.HasPrefix(k.Type, "word: "):
			kind = `"` + strings.ReplaceAll(strings.TrimPrefix(k.Type, "word: "), " | ", `"|"`) + `"`
		default:
			kind = "any"
		}
		w.line("---@field ", k.Path, "? ", kind, " ", k.Meaning)
	}
	w.line(noOther)
}

// classes writes the classes of an entry's options and result.
func (w *stubWriter) classes(e luaapi.Entry) {
	if len(e.Options) > 0 && w.options[optionKey(e)] == "" {
		shared := map[string]string{"cron": "Job", "ptz_pan_tilt": "Motion", "get": "HTTP"}
		class := "hik." + cmp.Or(shared[e.Name], title(e.Name)) + "Options"
		w.options[optionKey(e)] = class
		w.line("\n---@class (exact) ", class)
		for _, o := range e.Options {
			limits := ""
			if o.Min != 0 || o.Max != 0 {
				limits = fmt.Sprintf("%v..%v, ", o.Min, o.Max)
			}
			w.line("---@field ", o.Name, "? ", optionType(o), " ", limits, o.Doc)
		}
		w.line(noOther)
	}
	if fields := record(e.Result); fields != nil && e.Owner == "hik" && e.AliasOf == "" {
		parent := ""
		if e.Name == "channels" {
			parent = ": hik.Channel"
		}
		w.line("\n---@class (exact) ", resultClass(e), parent)
		for _, f := range fields {
			kind := w.pick(fieldTypes, "the field "+f, e.Name+"."+f, f)
			w.line("---@field ", f, " ", kind)
		}
	}
}

func optionKey(e luaapi.Entry) string {
	var key []string
	for _, o := range e.Options {
		key = append(key, o.Name+" "+o.Doc)
	}
	return strings.Join(key, "\n")
}

func optionType(o luaapi.Option) string {
	switch {
	case len(o.Words) > 0:
		return `"` + strings.Join(o.Words, `"|"`) + `"`
	case o.Type == "duration":
		return "hik.Duration"
	case o.Type == "time":
		return "number|string"
	case o.Type == "channel":
		return "hik.ChannelName"
	case o.Type == "function":
		return "function"
	case o.Type == "any" && optionTypes[o.Name] != "":
		return optionTypes[o.Name]
	}
	return o.Type
}

// record is the fields of a result such as "list of {id, name}".
func record(result string) []string {
	text, ok := strings.CutPrefix(strings.TrimPrefix(result, "list of "), "{")
	if !ok {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "}"), ", ")
}

func resultClass(e luaapi.Entry) string {
	name := e.Name
	if e.AliasOf != "" {
		name = e.AliasOf
	}
	if strings.HasPrefix(e.Result, "list of ") {
		return "hik." + title(strings.TrimSuffix(name, "s")) + "Item"
	}
	return "hik." + title(name) + "Result"
}

// pick finds the first of keys that has a type.
func (w *stubWriter) pick(types map[string]string, what string, keys ...string) string {
	for _, k := range keys {
		if kind, ok := types[k]; ok {
			return kind
		}
	}
	w.t.Errorf("%s has no type: give it one in scripts/stubs_test.go", what)
	return "any"
}

func title(name string) string {
	var b strings.Builder
	for _, part := range strings.Split(strings.ReplaceAll(name, ".", "_"), "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
