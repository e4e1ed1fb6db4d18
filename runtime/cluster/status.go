package cluster

import "time"

// Status is what one host of a cluster knows of all of it at one moment. It holds
// no secrets.
type Status struct {
	Host    string        `json:"host"` // that tells this
	Engine  EngineStatus  `json:"engine"`
	Release ReleaseStatus `json:"release"`
	Shares  []ShareStatus `json:"shares"` // in the order of site.yaml
	Hosts   []HostStatus  `json:"hosts"`  // in the order of site.yaml, this one too
}

// EngineStatus is how those that vote fare.
type EngineStatus struct {
	Leader  string         `json:"leader"` // of the leases; "": there is none, or it is not known
	Quorum  bool           `json:"quorum"` // a majority of the members answers: shares can be held
	Members []MemberStatus `json:"members"`
}

// The roles of a member.
const (
	RoleHost    = "host"
	RoleWitness = "witness"
)

// MemberStatus is one that votes.
type MemberStatus struct {
	Name  string     `json:"name"`
	Role  string     `json:"role"` // host, witness
	Up    bool       `json:"up"`
	Since *time.Time `json:"since,omitempty"` // it is up, or down; nil: this host has not seen that begin
}

// ReleaseStatus is the site.yaml, scripts/ and lib/ that the cluster runs.
type ReleaseStatus struct {
	Number uint64     `json:"number"`         // 0: there is none yet
	Host   string     `json:"host,omitempty"` // that made it
	At     *time.Time `json:"at,omitempty"`
	// Edited are the files of this host's folder that are not as the release has
	// them: "scripts/tour.lua". They do not run.
	Edited []string `json:"edited"`
	// Refused is why this host does not run the release, or why there is none; "": it does.
	Refused string `json:"refused,omitempty"`
}

// The states of a share.
const (
	ShareHeld   = "held"
	ShareWaning = "waning" // its lease was not confirmed for long: its heads are stopped
	ShareFree   = "free"   // it is handed over
	ShareNobody = "nobody" // no host drives its devices
)

// ShareStatus is one share.
type ShareStatus struct {
	Name    string   `json:"name"`
	Devices []string `json:"devices"`
	State   string   `json:"state"`
	Holder  string   `json:"holder,omitempty"` // the host that drives the devices, or did last
	Term    uint64   `json:"term"`             // the number of its right; it only grows
	// Renewed is how many seconds ago the lease was confirmed last, as far as this
	// host has heard; nil: it has not heard of that.
	Renewed *float64 `json:"renewed_s,omitempty"`
	// Wanted is the host that the share is due to move to; "": it stays.
	Wanted string `json:"wanted,omitempty"`
}

// HostStatus is one host.
type HostStatus struct {
	Name   string   `json:"name"`
	Up     bool     `json:"up"`
	Shares []string `json:"shares"` // that it holds
	// Unreached are the devices that the host can't open a connection to, of those
	// that it may come to drive.
	Unreached []string `json:"unreached"`
	// Left: it was told to leave, and takes no share until it is started again.
	Left bool `json:"left,omitempty"`
}
