package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/site"
)

// writeChannelBlocks prints for each device the channels: block of site.yaml.
// Names that site.yaml has stay, with what it says of their streams.
func (a *app) writeChannelBlocks(all []found) {
	fmt.Fprintln(a.stdout, "devices:")
	for _, f := range all {
		fmt.Fprintf(a.stdout, "  %s:\n", f.conf.Name)
		switch {
		case f.err != nil:
			fmt.Fprintf(a.stdout, "    # %s\n", oneLine(f.err.Error()))
			continue
		case len(f.channels) == 0:
			fmt.Fprintf(a.stdout, "    # %s has no channels\n", f.info.Model)
			continue
		}
		fmt.Fprintf(a.stdout, "    # %s, firmware %s\n    channels:\n", f.info.Model, f.info.Firmware)
		taken := map[string]bool{}
		for _, c := range f.conf.Channels {
			taken[c.Name] = true
		}
		for _, ch := range f.channels {
			fmt.Fprintf(a.stdout, "      %s\n", channelLine(f.conf, ch, taken))
		}
	}
}

func channelLine(conf site.Device, ch isapi.Channel, taken map[string]bool) string {
	known, ok := configured(conf, ch.ID)
	name := known.Name
	if !ok {
		name = freeName(channelName(ch), taken)
	}
	fields := []string{"address: " + strconv.Itoa(ch.ID)}
	if ok && known.Stream != site.StreamMain {
		fields = append(fields, "stream: "+string(known.Stream))
	}
	if ok && known.StreamURL != "" {
		fields = append(fields, "stream_url: "+strconv.Quote(known.StreamURL))
	}
	line := fmt.Sprintf("%s: {%s}", yamlKey(name), strings.Join(fields, ", "))
	var marks []string
	if ch.PTZ {
		marks = append(marks, "PTZ")
	}
	if ch.Online != nil && !*ch.Online {
		marks = append(marks, "offline")
	}
	if len(marks) > 0 {
		line += "  # " + strings.Join(marks, ", ")
	}
	return line
}

// channelName makes a name that site.yaml takes of what the device calls a
// channel: what is no letter or digit becomes one underscore.
func channelName(ch isapi.Channel) string {
	var b strings.Builder
	for _, r := range ch.Name {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			b.WriteRune(unicode.ToLower(r))
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	if name := strings.Trim(b.String(), "_"); site.ValidName(name) {
		return name
	}
	return "channel" + strconv.Itoa(ch.ID)
}

func freeName(name string, taken map[string]bool) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = name + "_" + strconv.Itoa(n)
	}
	taken[free] = true
	return free
}

// yamlKey quotes names that YAML would take for something else.
func yamlKey(name string) string {
	switch strings.ToLower(name) {
	case "yes", "no", "on", "off", "true", "false", "null", "y", "n", "~":
		return strconv.Quote(name)
	}
	if strings.ContainsAny(name[:1], "0123456789.") || strings.ContainsRune(name, ' ') {
		return strconv.Quote(name)
	}
	return name
}
