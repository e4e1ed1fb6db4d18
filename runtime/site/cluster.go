package site

import (
	"slices"
	"time"

	"github.com/hiklua/hiklua/isapi"
)

// OneShare is the name of the share of a site that gives no shares.
const OneShare = "site"

// Cluster is the hosts that run a site together.
type Cluster struct {
	Hosts      []Member // in the order of the file
	Witnesses  []Member // they vote, and drive nothing
	Port       int      // between the members
	SecretFile string   // relative to the site unless absolute
	Lease      time.Duration
	Shares     []Share // in the order of the file; at least one
	Confirm    bool    // the engine is asked before each move
	// Engine is the address of an engine that runs by itself, "nats://..." with what
	// logs in there; zero: the engine of the members.
	Engine isapi.Secret
}

// Member is a host or a witness of a cluster.
type Member struct {
	Name    string
	Address string  // or host name, IPv6 without brackets
	Weight  float64 // of a host, against the other hosts; 1 unless given
}

// Share is the devices that one host at a time holds together.
type Share struct {
	Name     string
	Patterns []string // of devices, as site.yaml has them; nil: all
	Devices  []string // in the order of the file
}

// Host returns the host of that name.
func (c *Cluster) Host(name string) (Member, bool) { return member(c.Hosts, name) }

// Witness returns the witness of that name.
func (c *Cluster) Witness(name string) (Member, bool) { return member(c.Witnesses, name) }

// HostNames lists the hosts in the order of the file.
func (c *Cluster) HostNames() []string { return memberNames(c.Hosts) }

// WitnessNames lists the witnesses in the order of the file.
func (c *Cluster) WitnessNames() []string { return memberNames(c.Witnesses) }

func member(all []Member, name string) (Member, bool) {
	i := slices.IndexFunc(all, func(m Member) bool { return m.Name == name })
	if i < 0 {
		return Member{}, false
	}
	return all[i], true
}

func memberNames(all []Member) []string {
	names := make([]string, len(all))
	for i, m := range all {
		names[i] = m.Name
	}
	return names
}

// ShareNames lists the shares in the order of the file. A site without shares,
// and one without a cluster, is one share, OneShare.
func (s *Site) ShareNames() []string {
	if s.Cluster == nil {
		return []string{OneShare}
	}
	names := make([]string, len(s.Cluster.Shares))
	for i, share := range s.Cluster.Shares {
		names[i] = share.Name
	}
	return names
}

// ShareOf is the share that a device belongs to; "": the site has no such device.
func (s *Site) ShareOf(device string) string {
	if s.Cluster == nil {
		if _, found := s.Device(device); found {
			return OneShare
		}
		return ""
	}
	for _, share := range s.Cluster.Shares {
		if slices.Contains(share.Devices, device) {
			return share.Name
		}
	}
	return ""
}
