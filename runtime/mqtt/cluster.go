package mqtt

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/device"
)

// Several hosts of a cluster are at one broker. Each says on a topic of its own
// that it is there, and which shares it holds. All else is said by the holder of a
// share alone. Of a share that another host holds a host leaves on the broker what is
// there: it may be that host's already.

// againAfter is after how many looks at a host that has come to hold a share it is
// published once more what is of it: a message of the holder before may have been on
// its way still.
const againAfter = 5

// shares are the shares of the site, and which of them this host holds.
type shares struct {
	host string // its name in the cluster; "": it runs the site alone
	all  []string
	held map[string]uint64 // under which term
}

func sharesOf(st *runtime.Status) shares {
	s := shares{held: make(map[string]uint64)}
	if st.Cluster == nil {
		return s
	}
	s.host = st.Cluster.Host
	for _, share := range st.Cluster.Shares {
		s.all = append(s.all, share.Name)
		if share.Holder == s.host && share.Held() {
			s.held[share.Name] = share.Term
		}
	}
	return s
}

// of is the share that a device or a job belongs to, of which status says the name
// only where there are several; "": there is no cluster.
func (s shares) of(named string) string {
	if named == "" && len(s.all) == 1 {
		return s.all[0]
	}
	return named
}

// several reports whether shares have names for people.
func (s shares) several() bool { return len(s.all) > 1 }

// away reports whether a share is held by another host, or by none.
func (s shares) away(share string) bool {
	_, held := s.held[share]
	return share != "" && !held
}

// anyAway reports whether there is such a share.
func (s shares) anyAway() bool {
	for _, share := range s.all {
		if s.away(share) {
			return true
		}
	}
	return false
}

// presence is what the host says of itself: "online", and in a cluster the shares
// that it holds after that.
func (s shares) presence() string {
	text := online
	for _, share := range s.all {
		if !s.away(share) {
			text += " " + slug(share)
		}
	}
	return text
}

// isElsewhere reports whether another host drives a device, or none does.
func isElsewhere(d *runtime.DeviceStatus) bool { return d.State == device.StateElsewhere }

// look takes over which shares there are, and has what is of a share that has come
// published.
func (l *link) look(st *runtime.Status) {
	l.shares = sharesOf(st)
	now := l.bridge.conf.Clock.Now()
	again := !l.again.IsZero() && !now.Before(l.again)
	if again {
		l.again = time.Time{}
	}
	for share, term := range l.shares.held {
		if before, held := l.heldBefore[share]; !held || before != term {
			again, l.again = true, now.Add(againAfter*l.bridge.every)
		}
	}
	l.heldBefore = l.shares.held
	if again {
		clear(l.published)
		clear(l.configs)
	}
	l.shareAway.Store(l.shares.anyAway())
	l.others = nil
	for i := range st.Devices {
		if d := &st.Devices[i]; isElsewhere(d) {
			l.others = append(l.others, l.names.device(d.Name, ""))
		}
	}
	for _, share := range l.shares.all {
		switch {
		case !l.shares.away(share):
		case l.shares.several():
			l.others = append(l.others, l.names.jobsIn(share))
		default:
			l.others = append(l.others, l.names.base+"/job/")
		}
	}
	l.publish(l.names.status(), l.shares.presence())
}

// isOthers reports whether another host publishes something by now, or none does: it
// stays on the broker.
func (l *link) isOthers(topic string) bool {
	return slices.ContainsFunc(l.others, func(prefix string) bool { return strings.HasPrefix(topic, prefix) })
}

// holds is that the host is there, and in a cluster that it holds a share.
func (l *link) holds(share string) availability {
	if share == "" {
		return l.here()
	}
	return availability{l.names.status(), l.holdsTemplate(share, "online", "offline")}
}

func (l *link) holdsTemplate(share, yes, no string) string {
	return fmt.Sprintf("{{ '%s' if '%s' in value.split()[1:] else '%s' }}", yes, slug(share), no)
}

// siteOf is the id of what Home Assistant has for the site, and of several shares for
// each, and its name for people.
func (l *link) siteOf(share string) (id, name string) {
	name = "hiklua " + l.names.site
	if !l.shares.several() {
		return "site", name
	}
	return "share." + slug(share), name + ", " + share
}

// sites are the configs of the site: one, and of several shares one for each that
// is held here. others are those of the other shares.
func (l *link) sites(st *runtime.Status) (configs map[string]deviceConfig, others map[string]bool) {
	configs, others = make(map[string]deviceConfig), make(map[string]bool)
	if len(l.shares.all) == 0 {
		configs[l.names.config("")] = l.siteConfig(st, "")
	}
	for _, share := range l.shares.all {
		topic := l.names.config("")
		if l.shares.several() {
			topic = l.names.shareConfig(share)
		}
		if l.shares.away(share) {
			others[topic] = true
		} else {
			configs[topic] = l.siteConfig(st, share)
		}
	}
	return configs, others
}

// leave forgets what is known of the heads of a device that another host drives.
func (k *book) leave(name string) {
	k.still(name)
	k.mu.Lock()
	defer k.mu.Unlock()
	for h := range k.at {
		if h.device == name {
			delete(k.at, h)
		}
	}
}

// jobTopic is the topic of a job.
func (l *link) jobTopic(j *runtime.JobStatus) string {
	if j.Share == "" {
		return l.names.job(j.Script, j.Name)
	}
	return l.names.jobsIn(j.Share) + slug(j.Script) + "/" + slug(j.Name)
}

// jobName is a job as it is started by name.
func jobName(j *runtime.JobStatus) string {
	name := j.Script + "/" + j.Name
	if j.Share != "" {
		name = j.Share + "/" + name
	}
	return name
}
