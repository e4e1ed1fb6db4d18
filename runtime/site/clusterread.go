package site

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/nearest"
)

const (
	clusterPort   = 7423
	clusterSecret = "secrets/cluster"
	clusterLease  = 8 * time.Second
	// mostVoters is how many hosts and witnesses there may be: each commit waits for a
	// majority of them.
	mostVoters = 5

	// EmbeddedEngine is the word for the engine of the members.
	EmbeddedEngine = "embedded"
)

// clusterBlock is a cluster as it is read, with the places of what is compared.
type clusterBlock struct {
	Cluster
	members []memberAt
	shares  []*yaml.Node // the names of Cluster.Shares
	unsound bool         // something is wrong with the shares
}

// memberAt is a host or a witness, and where it stands.
type memberAt struct {
	key, value *yaml.Node
	role       string
	Member
}

var clusterFields = []field[clusterBlock]{
	{name: "hosts", kind: "map", meaning: "the machines that run the site, by names of your own", pattern: wordPattern,
		rules: rules{needed: true, hint: " (such as hosts: {left: 192.0.2.11, right: 192.0.2.12})"}, read: readClusterHosts, also: []string{"nodes", "machines", "members"},
		sub: func(path string) []Key {
			key := Key{Path: path + ".NAME", Type: "text or map", Meaning: "its address, or a map with that and a weight", pattern: `^[^/\s]+$`}
			return append([]Key{key}, keysOf(path+".NAME", clusterHostFields)...)
		}},
	{name: "witnesses", kind: "map", meaning: "machines that vote and drive nothing, by name; hosts and witnesses are 3 or 5 together", pattern: wordPattern,
		read: readWitnesses, also: []string{"witness", "arbiters", "voters"},
		sub: func(path string) []Key {
			return []Key{{Path: path + ".NAME", Type: "text", Meaning: "its address", pattern: `^[^/\s]+$`}}
		}},
	{name: "port", kind: "whole number 1 to 65535", def: fmt.Sprint(clusterPort), meaning: "port on which hosts and witnesses reach each other",
		read: intField(func(c *clusterBlock) *int { return &c.Port }, 1, 65535)},
	{name: "secret_file", kind: "text", def: clusterSecret, meaning: `what they know each other by: "hiklua cluster init" makes that file, and every machine needs a copy`,
		read: textField(func(c *clusterBlock) *string { return &c.SecretFile }), also: []string{"secret", "key_file"}},
	{name: "lease", kind: "duration 4s to 1m", def: "8s", meaning: "time for which a host may drive its devices without being confirmed; another takes over within that and 1.5 s",
		read: durationField(func(c *clusterBlock) *time.Duration { return &c.Lease }, time.Second, 4*time.Second, time.Minute), also: []string{"ttl", "timeout"}},
	{name: "shares", kind: "map", def: "all devices are one share, " + OneShare, meaning: "devices that one host holds together, by names of your own", pattern: wordPattern,
		read: readShares, also: []string{"groups", "share", "shards"},
		sub: func(path string) []Key {
			return []Key{{Path: path + ".NAME", Type: "list of texts", Meaning: `devices by name, * stands for anything: [gate, "east-*"]; the first share that fits has a device`}}
		}},
	{name: "confirm", kind: "true or false", def: "false", meaning: "the other machines are asked before each move, for virtual machines that may be frozen with their clock",
		read: boolField(func(c *clusterBlock) *bool { return &c.Confirm })},
	{name: "engine", kind: "text", def: EmbeddedEngine, meaning: "embedded, or the address of a NATS cluster of your own: nats://HOST[:4222]", pattern: `^(embedded|(nats|tls)://\S+)$`,
		read: readEngine, also: []string{"url", "nats"}},
}

var clusterHostFields = []field[Member]{
	{name: "address", kind: "text", meaning: "address or host name", pattern: `^[^/\s]+$`, rules: rules{needed: true}, also: []string{"ip", "host", "addr"},
		read: func(r *reader, n *yaml.Node, m *Member) { m.Address, _ = r.hostText(n) }},
	{name: "weight", kind: "number 0.1 to 100", def: "1", meaning: "how many shares it takes against the other hosts",
		read: numberField(func(m *Member) *float64 { return &m.Weight }, 0.1, 100)},
}

// Names of hosts, witnesses and shares become parts of file names, of subjects and
// of log lines.
const (
	wordPattern = "^[a-z][a-z0-9_-]{0,31}$"
	wordRule    = "small letters, digits, _ and -, at most 32, a letter first"
)

var wordForm = regexp.MustCompile(wordPattern)

// notShares are folders beside those of the shares.
var notShares = []string{"release", "engine", "next"}

func (r *reader) checkWord(n *yaml.Node, what string) bool {
	if !wordForm.MatchString(n.Value) {
		r.plain(n, what+" name "+quoted(n.Value)+" is not allowed ("+wordRule+")")
		return false
	}
	return true
}

func readCluster(r *reader, n *yaml.Node, into *Site) {
	if isNull(n) {
		return
	}
	c := &clusterBlock{Cluster: Cluster{Port: clusterPort, SecretFile: clusterSecret, Lease: clusterLease}}
	before := len(r.problems)
	given := readWay(r, n, clusterFields, c)
	if n.Kind != yaml.MappingNode {
		return
	}
	if c.Engine.IsZero() {
		r.under("secret_file", func() { r.checkClusterSecret(cmp.Or(given["secret_file"], n), c.SecretFile) })
	}
	r.checkMembers(c)
	if len(r.problems) == before && given["hosts"] != nil {
		r.checkVoters(c, given)
	}
	into.Cluster = &c.Cluster
	r.afterwards(func(s *Site) {
		r.shareOut(c, given["shares"], s)
		r.warnOfDevices(c, s)
	})
}

func readClusterHosts(r *reader, n *yaml.Node, c *clusterBlock) {
	for _, p := range r.pairs(n) {
		if !r.checkWord(p.key, "host") {
			continue
		}
		m := Member{Name: p.key.Value, Weight: 1}
		r.under(m.Name, func() {
			if p.value.Kind == yaml.MappingNode {
				readWay(r, p.value, clusterHostFields, &m)
			} else {
				m.Address, _ = r.hostText(p.value)
			}
		})
		c.Hosts = append(c.Hosts, m)
		c.members = append(c.members, memberAt{p.key, p.value, "host", m})
	}
}

func readWitnesses(r *reader, n *yaml.Node, c *clusterBlock) {
	for _, p := range r.pairs(n) {
		if !r.checkWord(p.key, "witness") {
			continue
		}
		m := Member{Name: p.key.Value}
		r.under(m.Name, func() { m.Address, _ = r.hostText(p.value) })
		c.Witnesses = append(c.Witnesses, m)
		c.members = append(c.members, memberAt{p.key, p.value, "witness", m})
	}
}

func readEngine(r *reader, n *yaml.Node, c *clusterBlock) {
	text, ok := r.scalar(n)
	if !ok || text == EmbeddedEngine {
		return
	}
	if !strings.Contains(text, "://") {
		r.fail(n, "%s is neither %s nor an address such as nats://192.0.2.5:4222%s%s", shown(n), EmbeddedEngine, nearest.Hint(n.Value, []string{EmbeddedEngine}), r.fromVariable(n))
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		r.fail(n, "is no address such as nats://192.0.2.5:4222%s", r.fromVariable(n))
	case u.Scheme != "nats" && u.Scheme != "tls":
		r.fail(n, "must begin with nats:// or tls://%s", r.fromVariable(n))
	case u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		r.fail(n, "is scheme, host and port alone, such as nats://192.0.2.5:4222%s", r.fromVariable(n))
	default:
		r.portOf(n, u, 0)
		c.Engine = isapi.NewSecret(text)
	}
}

// checkMembers reports two members that are the same.
func (r *reader) checkMembers(c *clusterBlock) {
	away := slices.ContainsFunc(c.members, func(m memberAt) bool { return !loopback(m.Address) })
	for i, m := range c.members {
		for _, other := range c.members[:i] {
			if other.Name == m.Name { // two hosts of one name are told by pairs
				r.plain(m.key, fmt.Sprintf("%s is the name of a host already (line %d): each machine needs its own", quoted(m.Name), other.key.Line))
			}
			if m.Address != "" && sameHost(m.Address, other.Address) {
				r.plain(m.value, fmt.Sprintf("%s: %s is the address of %s %s already (line %d): each machine has its own", m.Name, quoted(m.Address), other.role, quoted(other.Name), other.key.Line))
				break
			}
		}
		if m.Address == "" {
			continue // told of already
		}
		ip, _ := netip.ParseAddr(m.Address)
		if ip.IsUnspecified() || ip.IsMulticast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) || away && loopback(m.Address) {
			r.plain(m.value, fmt.Sprintf("%s: %s is not an address that the others can reach", m.Name, quoted(m.Address)))
		}
	}
}

// warnOfDevices warns of members at the address of a device.
func (r *reader) warnOfDevices(c *clusterBlock, s *Site) {
	for _, m := range c.members {
		for _, d := range s.Devices {
			if d.Host != "" && !loopback(d.Host) && sameHost(d.Host, m.Address) {
				r.warn(m.value, fmt.Sprintf("%s: %s is the address of the device %s, too", m.Name, quoted(m.Address), d.Name))
			}
		}
	}
}

// loopback tells whether an address is that of each machine itself.
func loopback(address string) bool {
	ip, _ := netip.ParseAddr(address)
	return ip.Unmap().IsLoopback() || strings.EqualFold(address, "localhost")
}

func sameHost(a, b string) bool {
	one, err := netip.ParseAddr(a)
	other, err2 := netip.ParseAddr(b)
	if err == nil && err2 == nil {
		return one.Unmap() == other.Unmap()
	}
	return strings.EqualFold(strings.TrimSuffix(a, "."), strings.TrimSuffix(b, "."))
}

// checkVoters reports a number of hosts and witnesses with which the death of one
// stops all, or that costs more than it bears.
func (r *reader) checkVoters(c *clusterBlock, given map[string]*yaml.Node) {
	hosts, witnesses := len(c.Hosts), len(c.Witnesses)
	voters := hosts + witnesses
	at := given["hosts"]
	switch {
	case hosts == 0:
		r.fail(at, "hosts is empty (such as hosts: {left: 192.0.2.11, right: 192.0.2.12})")
		return
	case !c.Engine.IsZero():
		if witnesses > 0 {
			r.fail(given["witnesses"], "witnesses are for the embedded engine: at an engine of your own its servers vote")
		}
	case voters == 1:
		r.fail(at, "one host is no cluster: add a host that takes over, and a witness (without cluster: one host runs the site)")
		return
	case hosts == 2 && witnesses == 0:
		r.fail(at, "two hosts without a witness: the death of either stops both, since neither of two can tell a dead machine from a cut cable; add a witness, any small box that votes (witnesses: {box: 192.0.2.13})")
		return
	case voters == 2:
		r.fail(at, "a host and a witness are 2 that vote, and the death of either stops the host: add another host, so that they are 3")
		return
	case voters > mostVoters:
		r.fail(at, "hosts and witnesses are %d together: %d is the most, as every change waits for a majority of them", voters, mostVoters)
		return
	case voters%2 == 0:
		r.fail(at, "hosts and witnesses are %d together, which bears no more deaths than %d: add a witness, or take one away", voters, voters-1)
		return
	}
	if hosts == 1 {
		r.warn(at, "cluster: one host alone: no other takes over when it dies")
	}
}
