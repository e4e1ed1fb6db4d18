package luaapi

import (
	"strings"
	"testing"
)

// A command's number of plain values is that of its documented arguments:
// with one more the first is taken for the channel.
func TestCommandValues(t *testing.T) {
	for _, cmd := range commands() {
		plain := 0
		args, _, _ := strings.Cut(cmd.args, "{")
		for _, a := range strings.Split(args, ",") {
			if a = strings.TrimSpace(a); a != "" && a != "fn" {
				plain++
			}
		}
		if plain != cmd.values {
			t.Errorf("%s: %d values, documented are %q", cmd.name, cmd.values, cmd.args)
		}
		if (len(cmd.options) > 0) != strings.Contains(cmd.args, "{") {
			t.Errorf("%s: options and documented arguments %q differ", cmd.name, cmd.args)
		}
	}
}

// Every name has a documentation, and the commands of seed.md are there under
// their own names, of hik, of devices and of channels.
func TestAPI(t *testing.T) {
	have := map[string]Entry{}
	for _, e := range API() {
		key := e.Owner + "." + e.Name
		if _, twice := have[key]; twice {
			t.Errorf("%s is there twice", key)
		}
		have[key] = e
		if e.Doc == "" {
			t.Errorf("%s has no documentation", key)
		}
		if strings.ContainsAny(e.Doc, "\n") || strings.HasSuffix(e.Doc, ".") {
			t.Errorf("%s: documentation is one line without a full stop", key)
		}
		for _, o := range e.Options {
			if o.Doc == "" || o.Type == "" {
				t.Errorf("%s: option %s lacks type or documentation", key, o.Name)
			}
			if e.AliasOf == "" && e.Owner == "hik" && !strings.Contains(e.Args, o.Name+"=") && !strings.Contains(e.Args, "options") {
				t.Errorf("%s: option %s is not in %q", key, o.Name, e.Args)
			}
		}
		if e.AliasOf != "" && have[e.Owner+"."+e.AliasOf].Args != e.Args {
			t.Errorf("%s differs from %s", key, e.AliasOf)
		}
	}
	for _, key := range []string{
		"hik.snapshot", "device.snapshot", "channel.snapshot", "hik.ptz_pan_tilt", "channel.ptz_zoom", "device.ptz_stop",
		"channel.ptz_preset", "channel.preset", "hik.get_channels", "device.get_device_info", "device.info",
		"device.request", "hik.cron", "hik.every", "hik.log", "hik.log.info", "hik.json.null", "channel.stream_url",
		"snapshot.save", "job.next", "task.cancel", "hik.stream_url",
	} {
		if _, ok := have[key]; !ok {
			t.Errorf("%s is missing", key)
		}
	}
	for key, want := range map[string]string{
		"hik.log": "library", "device.name": "field", "device.snapshot": "method", "hik.snapshot": "function",
		"channel.stream_url": "field", "hik.vars": "field",
	} {
		if have[key].Kind != want {
			t.Errorf("%s is a %s, want %s", key, have[key].Kind, want)
		}
	}
	if !have["hik.snapshot"].Command || have["hik.stream_url"].Command || have["hik.sleep"].Command || have["device.info"].NeedsChannel {
		t.Error("what is a command and what is not")
	}
}
