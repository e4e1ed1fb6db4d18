package mqtt

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/site"
)

// What the topic of the status says, which is that of the last will, too.
const (
	online  = "online"
	offline = "offline"
)

// names are the topics of a site, and its names in Home Assistant.
type names struct {
	base string // of all topics
	host string // of this host, in a cluster; "": it runs the site alone
	node string // of the site: letters, digits, _ and -
	site string // for people
}

func namesOf(s *site.Site) names {
	n := names{base: s.MQTT.Topic, site: strings.TrimPrefix(s.MQTT.Topic, "hiklua/")}
	if n.base == "" {
		n.site = filepath.Base(runtime.FullPath(s.Dir))
		n.base = "hiklua/" + slug(n.site)
	}
	n.node = slug(strings.ReplaceAll(n.base, "/", "_"))
	return n
}

// guest is the name of a client beside the host that runs the site.
func (n names) guest() string { return fmt.Sprintf("%s-%08x", n.node, rand.Uint32()) }

// client is the name by which the host connects: two of one name push each other
// out.
func (n names) client() string {
	if n.host == "" {
		return n.node
	}
	return n.node + "-" + slug(n.host)
}

func (n names) status() string {
	if n.host == "" {
		return n.base + "/status"
	}
	return n.base + "/host/" + slug(n.host) + "/status"
}

func (n names) device(device, what string) string {
	return n.base + "/device/" + slug(device) + "/" + what
}

func (n names) channel(device string, channel int, what string) string {
	return n.device(device, fmt.Sprintf("%d/%s", channel, what))
}

func (n names) job(script, job string) string {
	return n.base + "/job/" + slug(script) + "/" + slug(job)
}

// jobsIn is before the topics of all jobs of a share, of a site that has several.
func (n names) jobsIn(share string) string { return n.base + "/share/" + slug(share) + "/job/" }

// commands are the topics of all commands. No two of them have a topic in common.
func (n names) commands() []string {
	all := []string{n.base + "/device/+/+/preset/set", n.base + "/device/+/+/stop", n.base + "/job/+/+/run"}
	if n.host != "" {
		all = append(all, n.base+"/share/+/job/+/+/run")
	}
	return all
}

// homeAssistant is before all of its topics.
const homeAssistant = "homeassistant"

// birth is the topic on which Home Assistant says that it has started.
const birth = homeAssistant + "/status"

// config is the topic on which Home Assistant is told of a device: of the site
// itself for "".
func (n names) config(device string) string {
	object := "site"
	if device != "" {
		object = "device_" + slug(device)
	}
	return homeAssistant + "/device/" + n.node + "/" + object + "/config"
}

// shareConfig is the topic on which Home Assistant is told of a share, of a site that
// has several.
func (n names) shareConfig(share string) string {
	return homeAssistant + "/device/" + n.node + "/share_" + slug(share) + "/config"
}

// configs are the topics of all configs of the site.
func (n names) configs() string { return homeAssistant + "/device/" + n.node + "/+/config" }

// maxSlug bounds a name in a topic, in bytes.
const maxSlug = 48

// slug is a name as a part of a topic: ASCII letters, digits, _ and -. What had
// other characters in it gets a mark of its own, so that no two names have one slug,
// whatever else there is.
func slug(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			b.WriteRune(r)
		} else {
			b.WriteByte('_')
		}
	}
	clean := b.String()
	if clean == name && name != "" && len(name) <= maxSlug {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return strings.Trim(clean[:min(len(clean), maxSlug-9)], "_") + "_" + hex.EncodeToString(sum[:4])
}
