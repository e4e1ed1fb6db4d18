package engine

import (
	"errors"
	"log/slog"
	"slices"

	"github.com/hiklua/hiklua/runtime/clock"
)

var (
	// ErrLeftOut: this program was built with the tag nofleet.
	ErrLeftOut = errors.New("this hiklua was built without clusters (build tag nofleet): take one that was built with them, or take cluster: out of site.yaml")
	// ErrTooLarge: a value or an entry has more than MaxData bytes.
	ErrTooLarge = errors.New("more than 8 MB at once do not go into the cluster's engine")
	// ErrStore: what lies in Config.Dir can't be used.
	ErrStore = errors.New("the engine's store can't be used")
	// ErrOutside: the cluster at Config.URL can't be used.
	ErrOutside = errors.New("the engine at cluster.engine can't be used")
)

// MaxData is how many bytes a value or an entry may have.
const MaxData = 8 << 20

// Config is what an engine is made with.
type Config struct {
	// Dir is where its files are, such as data/engine. No other process uses it.
	Dir string
	// Name is that of this member.
	Name string
	// Members are all that vote, this one too: name to HOST:PORT, where their
	// routes listen. An odd number of them, the same at each member.
	Members map[string]string
	// Witnesses are those of the members that hold no share.
	Witnesses []string
	// Secret is what NewSecret made, the same at each member: who has it is a member.
	Secret []byte
	// URL is that of a NATS cluster that runs without this program,
	// "nats://USER:PASSWORD@HOST:4222,...": Dir and Secret are not used then. The
	// account is to be this site's own.
	URL string

	Clock clock.Clock
	Log   *slog.Logger

	// Advertise is the address, HOST:PORT, that members tell each other of this one;
	// "": that of Members. One at which nothing listens keeps them to the ways that
	// Members has, as where these lead through something that can be cut.
	Advertise string
}

// names are those of the members, sorted.
func (c *Config) names() []string {
	var all []string
	for name := range c.Members {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
