package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/runtime/cluster"
	"github.com/hiklua/hiklua/runtime/nearest"
)

// Cluster is what a host knows of its cluster, and what people may have it do
// there.
type Cluster interface {
	Status() cluster.Status
	// Move has a share handed over to a host, and returns when that holds it.
	Move(ctx context.Context, share, host string) error
	// Release makes the folder of this host what the cluster runs. It returns the
	// release's number and the files that it changes; none: the folder is what the
	// cluster runs already.
	Release(ctx context.Context) (number uint64, changed []string, err error)
	// Leave has a host hand over all its shares and take none until it is started
	// again. A host that site.yaml does not have any more loses its vote.
	Leave(ctx context.Context, host string) error
}

// Move is what POST /api/cluster/move takes.
type Move struct {
	Share string `json:"share"`
	Host  string `json:"host"` // that is to hold it
}

// Leave is what POST /api/cluster/leave takes.
type Leave struct {
	Host string `json:"host"`
}

// Released is what POST /api/cluster/release answers.
type Released struct {
	Number  uint64   `json:"number"`
	Changed []string `json:"changed"` // files that the cluster did not have so before
}

// inCluster is the cluster of the host.
func (a *API) inCluster() (Cluster, error) {
	if a.conf.Cluster == nil {
		return nil, failed(http.StatusConflict, "no_cluster", "this host runs its site alone", "cluster: in site.yaml makes it one of several; docs/cluster.md has how")
	}
	return a.conf.Cluster, nil
}

// clusterStatus is GET /api/cluster.
func (a *API) clusterStatus(context.Context) (cluster.Status, error) {
	c, err := a.inCluster()
	if err != nil {
		return cluster.Status{}, err
	}
	return c.Status(), nil
}

func (a *API) moveShare(ctx context.Context, in Move) (Nothing, error) {
	if err := needed("share", in.Share); err != nil {
		return Nothing{}, err
	}
	if err := needed("host", in.Host); err != nil {
		return Nothing{}, err
	}
	c, err := a.inCluster()
	if err != nil {
		return Nothing{}, err
	}
	var shares, hosts []string
	st := c.Status()
	for _, s := range st.Shares {
		shares = append(shares, s.Name)
	}
	for _, h := range st.Hosts {
		hosts = append(hosts, h.Name)
	}
	if len(shares) > 0 { // else there is no release yet, which Move says
		err = among("share", in.Share, shares)
	}
	if err != nil {
		return Nothing{}, err
	}
	if err := among("host", in.Host, hosts); err != nil {
		return Nothing{}, err
	}
	a.log.Info("share is moved by hand", "share", in.Share, "to", in.Host)
	return Nothing{}, c.Move(ctx, in.Share, in.Host)
}

// among is the error for a name that is none of those that there are.
func among(what, name string, known []string) error {
	if slices.Contains(known, name) {
		return nil
	}
	hint := nearest.Word(name, known)
	if hint != "" {
		hint = "did you mean " + strconv.Quote(hint) + "?"
	} else if len(known) > 0 {
		hint = "there are " + strings.Join(known, ", ")
	}
	return failed(http.StatusNotFound, "misuse", "the cluster has no "+what+" "+strconv.Quote(name), hint)
}

func (a *API) releaseSite(ctx context.Context, _ Nothing) (Released, error) {
	c, err := a.inCluster()
	if err != nil {
		return Released{}, err
	}
	a.log.Info("site is released by hand")
	number, changed, err := c.Release(ctx)
	if changed == nil {
		changed = []string{}
	}
	return Released{number, changed}, err
}

func (a *API) leaveCluster(ctx context.Context, in Leave) (Nothing, error) {
	if err := needed("host", in.Host); err != nil {
		return Nothing{}, err
	}
	c, err := a.inCluster()
	if err != nil {
		return Nothing{}, err
	}
	a.log.Info("host leaves the cluster by hand", "host", in.Host)
	return Nothing{}, c.Leave(ctx, in.Host)
}

// ClusterStatus asks how the cluster of the host is.
func (c *Client) ClusterStatus(ctx context.Context) (st cluster.Status, err error) {
	err = c.callWithin(ctx, c.status, http.MethodGet, "/api/cluster", nil, nil, one(&st))
	return st, err
}

// Move has a share handed over to a host.
func (c *Client) Move(ctx context.Context, share, host string) error {
	return c.post(ctx, "/api/cluster/move", Move{share, host}, &Nothing{})
}

// Release makes the host's folder what its cluster runs.
func (c *Client) Release(ctx context.Context) (done Released, err error) {
	err = c.post(ctx, "/api/cluster/release", Nothing{}, &done)
	return done, err
}

// Leave has a host leave the cluster.
func (c *Client) Leave(ctx context.Context, host string) error {
	return c.post(ctx, "/api/cluster/leave", Leave{host}, &Nothing{})
}
