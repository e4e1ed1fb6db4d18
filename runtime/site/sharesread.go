package site

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/runtime/nearest"
)

func readShares(r *reader, n *yaml.Node, c *clusterBlock) {
	watched := func(read func()) {
		before := len(r.problems)
		read()
		c.unsound = c.unsound || len(r.problems) > before
	}
	watched(func() { r.readShares(n, c, watched) })
}

// readShares is readShares; watched notes whether what it calls reports a problem.
func (r *reader) readShares(n *yaml.Node, c *clusterBlock, watched func(func())) {
	pairs := r.pairs(n)
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		r.fail(n, "is empty: without it all devices are one share")
	}
	for _, p := range pairs {
		name := p.key.Value
		switch {
		case !r.checkWord(p.key, "share"):
			continue
		case slices.Contains(notShares, name):
			r.plain(p.key, "share name "+quoted(name)+" is the program's own: call it otherwise")
			continue
		}
		share := Share{Name: name}
		r.under(name, func() {
			items := r.items(p.value)
			if len(items) == 0 && (isNull(p.value) || p.value.Kind == yaml.SequenceNode) {
				r.fail(p.value, `is empty: devices by name are due here, such as [gate, "east-*"]`)
			}
			for _, item := range items {
				if pattern, ok := r.scalar(item); ok {
					share.Patterns = append(share.Patterns, pattern)
					r.afterwards(func(s *Site) {
						r.under(name, func() { watched(func() { r.checkSharePattern(item, pattern, s) }) })
					})
				}
			}
		})
		c.Shares, c.shares = append(c.Shares, share), append(c.shares, p.key)
	}
}

// checkSharePattern reports a pattern that stands for no device.
func (r *reader) checkSharePattern(n *yaml.Node, pattern string, s *Site) {
	if _, err := path.Match(pattern, ""); err != nil {
		r.fail(n, "%s is no pattern: * stands for anything, ? for one letter", shown(n))
		return
	}
	names := s.DeviceNames()
	switch matches := func(name string) bool { return matchesPattern(pattern, name) }; {
	case slices.ContainsFunc(names, matches):
	case strings.ContainsAny(pattern, "*?["):
		if len(names) > 0 || pattern != "*" {
			r.fail(n, "no device fits %s%s", quoted(pattern), nearPattern(pattern, names))
		}
	default:
		r.fail(n, "no device %s%s", quoted(pattern), nearest.Hint(pattern, names))
	}
}

func matchesPattern(pattern, name string) bool {
	fits, err := path.Match(pattern, name)
	return err == nil && fits
}

// nearPattern is a hint with a pattern for the device whose name begins nearly, or
// for "*-east" ends nearly, as a pattern does.
func nearPattern(pattern string, names []string) string {
	fixed := strings.Trim(pattern, "*")
	if fixed == "" || strings.ContainsAny(fixed, "*?[") {
		return ""
	}
	var parts []string
	for _, name := range names {
		letters := []rune(name)
		for n := len([]rune(fixed)) - 1; n <= len([]rune(fixed))+1; n++ {
			switch {
			case n < 1 || n > len(letters):
			case strings.HasPrefix(pattern, "*"):
				parts = append(parts, string(letters[len(letters)-n:]))
			default:
				parts = append(parts, string(letters[:n]))
			}
		}
	}
	if near := nearest.Word(fixed, parts); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", strings.Replace(pattern, fixed, near, 1))
	}
	return ""
}

// shareOut gives each device to the first share that fits.
func (r *reader) shareOut(c *clusterBlock, at *yaml.Node, s *Site) {
	if len(c.Shares) == 0 {
		s.Cluster.Shares = []Share{{Name: OneShare, Devices: s.DeviceNames()}}
		return
	}
	var without []string
	for _, name := range s.DeviceNames() {
		i := slices.IndexFunc(s.Cluster.Shares, func(share Share) bool {
			return slices.ContainsFunc(share.Patterns, func(pattern string) bool { return matchesPattern(pattern, name) })
		})
		if i < 0 {
			without = append(without, quoted(name))
			continue
		}
		s.Cluster.Shares[i].Devices = append(s.Cluster.Shares[i].Devices, name)
	}
	r.under("shares", func() {
		switch n := len(without); {
		case c.unsound: // a device may be missing for that alone
		case n == 1:
			r.fail(at, `device %s is in no share: "*" in the last share takes all that are left`, without[0])
		case n > 1:
			first := strings.Join(without[:min(n, 3)], ", ")
			if n > 3 {
				first += fmt.Sprintf(" and %d more", n-3)
			}
			r.fail(at, `devices %s are in no share: "*" in the last share takes all that are left`, first)
		}
	})
	for i, share := range s.Cluster.Shares {
		if len(share.Devices) == 0 && len(s.Devices) > 0 {
			r.warn(c.shares[i], "share "+quoted(share.Name)+" has no devices: those that fit are in shares before it")
		}
	}
}
