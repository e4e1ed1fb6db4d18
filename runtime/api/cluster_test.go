package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime/cluster"
)

// fakeCluster has one share, and notes what it is asked for.
type fakeCluster struct {
	asked   []string
	refuses error
}

func (f *fakeCluster) Status() cluster.Status {
	return cluster.Status{
		Host: "left", Engine: cluster.EngineStatus{Quorum: true, Members: []cluster.MemberStatus{}},
		Shares: []cluster.ShareStatus{{Name: "site", State: cluster.ShareHeld, Holder: "left", Term: 3}},
		Hosts:  []cluster.HostStatus{{Name: "left", Up: true}, {Name: "right"}},
	}
}

func (f *fakeCluster) Move(_ context.Context, share, host string) error {
	f.asked = append(f.asked, "move "+share+" "+host)
	return f.refuses
}

func (f *fakeCluster) Release(context.Context) (uint64, []string, error) {
	f.asked = append(f.asked, "release")
	return 4, nil, f.refuses
}

func (f *fakeCluster) Leave(_ context.Context, host string) error {
	f.asked = append(f.asked, "leave "+host)
	return f.refuses
}

func TestCluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oneHead, nil)
	for _, request := range []string{"GET /api/cluster", `POST /api/cluster/move {"share": "site", "host": "right"}`, "POST /api/cluster/release {}", `POST /api/cluster/leave {"host": "right"}`} {
		if answer := w.ask(Socket, request); answer.Code != http.StatusConflict || !strings.Contains(answer.Body.String(), `"no_cluster"`) {
			t.Errorf("a host alone answers %s with %d %s", request, answer.Code, answer.Body)
		}
	}
	if st := w.api.conf.Cluster; st != nil || strings.Contains(w.ask(Socket, "GET /api/status").Body.String(), `"cluster"`) {
		t.Error("a host alone has a cluster in its status")
	}

	f := &fakeCluster{}
	w.api.conf.Cluster = f
	c, _ := w.listen()
	if st, err := c.ClusterStatus(t.Context()); err != nil || st.Host != "left" || st.Shares[0].Term != 3 {
		t.Errorf("status %+v, %v", st, err)
	}
	if err := c.Move(t.Context(), "site", "right"); err != nil {
		t.Error(err)
	}
	if done, err := c.Release(t.Context()); err != nil || done.Number != 4 || done.Changed == nil {
		t.Errorf("%+v, %v", done, err)
	}
	if err := c.Leave(t.Context(), "gone"); err != nil { // one that site.yaml has not any more
		t.Error(err)
	}
	f.refuses = errors.New("not now")
	for what, err := range map[string]error{
		"move":    c.Move(t.Context(), "site", "left"),
		"release": func() error { _, err := c.Release(t.Context()); return err }(),
		"leave":   c.Leave(t.Context(), "left"),
	} {
		if err == nil || !strings.Contains(err.Error(), "not now") {
			t.Errorf("%s: %v", what, err)
		}
	}
	w.api.conf.Cluster = nil
	if st, err := c.ClusterStatus(t.Context()); err == nil {
		t.Errorf("the status without a cluster is %+v", st)
	}
	w.api.conf.Cluster = f
	for request, want := range map[string]string{
		`POST /api/cluster/move {"share": "sitr", "host": "right"}`: `the cluster has no share \"sitr\"","hint":"did you mean \"site\"?"`,
		`POST /api/cluster/move {"share": "site", "host": "box"}`:   `the cluster has no host \"box\"","hint":"there are left, right"`,
		`POST /api/cluster/move {"host": "right"}`:                  `the request lacks \"share\"`,
		`POST /api/cluster/move {"share": "site"}`:                  `the request lacks \"host\"`,
		`POST /api/cluster/leave {}`:                                `the request lacks \"host\"`,
	} {
		if answer := w.ask(Socket, request); answer.Code == http.StatusOK || !strings.Contains(answer.Body.String(), want) {
			t.Errorf("%s: %d %s", request, answer.Code, answer.Body)
		}
	}
	if got := strings.Join(f.asked, "; "); got != "move site right; release; leave gone; move site left; release; leave left" {
		t.Errorf("asked for %s", got)
	}
}
