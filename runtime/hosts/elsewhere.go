package hosts

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/nearest"
)

// errLost is why what was under way in a Host ends that leaves the Group.
var errLost = errors.New("the share is held here no more")

// elsewhere is the error about a share that is not held here.
func (g *Group) elsewhere(share string) *luaapi.Failure {
	return g.elsewhereBy(g.conf.Cluster(), share)
}

// elsewhereBy is elsewhere by what is known of the cluster.
func (g *Group) elsewhereBy(cluster runtime.ClusterStatus, share string) *luaapi.Failure {
	f := &luaapi.Failure{Kind: "elsewhere", Err: isapi.ErrElsewhere}
	what := "the share " + share
	if !g.several() {
		what = "the site"
	}
	switch holder := holderIn(cluster, share); holder {
	case "":
		f.Message = "no host holds " + what + " at present"
		f.Hint = "one takes it within seconds where a majority of the cluster answers; hiklua cluster status tells"
	case cluster.Host:
		f.Message = "this host is taking " + what
		f.Hint = "try again in a moment"
	default:
		f.Message = fmt.Sprintf("%s is held by %s: ask there", what, holder)
		f.Hint = g.address(holder)
	}
	return f
}

// holderIn is the host that holds a share; "": none does.
func holderIn(cluster runtime.ClusterStatus, share string) string {
	for _, s := range cluster.Shares {
		if s.Name == share && s.Held() {
			return s.Holder
		}
	}
	return ""
}

// address says where a host is.
func (g *Group) address(host string) string {
	if c := g.Site().Cluster; c != nil {
		if m, known := c.Host(host); known {
			return host + " is at " + m.Address
		}
	}
	return ""
}

// nothingHere is the error where no share is held that could answer.
func (g *Group) nothingHere() *luaapi.Failure {
	if g.only != "" {
		return g.elsewhere(g.only)
	}
	shares := g.away()
	if len(shares) == 0 { // a Host is about to come
		shares = g.Site().ShareNames()
	}
	f := g.elsewhere(shares[0])
	if len(shares) > 1 {
		f.Message = "this host holds no share: " + f.Message
	}
	return f
}

// away are the shares that are not held here, in the order of site.yaml.
func (g *Group) away() (shares []string) {
	for _, share := range g.Site().ShareNames() {
		if _, is := g.of(share); !is && (g.only == "" || g.only == share) {
			shares = append(shares, share)
		}
	}
	return shares
}

// Away is the error about a device of the site that is not held here, or, without one,
// about scripts of shares that are not; nil: all are held here.
func (g *Group) Away(device string) error {
	shares := g.away()
	if device != "" {
		shares = slices.DeleteFunc(shares, func(share string) bool { return share != g.Site().ShareOf(device) })
	}
	if len(shares) == 0 {
		return nil
	}
	f := g.elsewhere(shares[0])
	if f.Device = device; device == "" {
		f.Message = "no script on this host listens to that: " + f.Message
	}
	return f
}

// after is err as the caller is told of it: what goes wrong in a Host that has left
// the Group does so because another host holds its share.
func (g *Group) after(p part, err error) error {
	if err == nil || !p.lost() {
		return err
	}
	f := g.elsewhere(p.share)
	f.Message = "the share was lost meanwhile: " + f.Message
	return f
}

func unknownShare(name string, known []string) error {
	f := &luaapi.Failure{Kind: "misuse", Message: fmt.Sprintf("no share %q", name), Err: luaapi.ErrUnknownName}
	if near := nearest.Word(name, known); near != "" {
		f.Hint = fmt.Sprintf("did you mean %q?", near)
	} else {
		f.Hint = "there is " + strings.Join(known, ", ")
	}
	return f
}
