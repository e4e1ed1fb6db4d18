//go:build !nofleet

package engine

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// testFacts is what this package relies on in nats-server v2.15.3 and that its
// authors may change: look at what each line is for when it fails after an upgrade.
func testFacts(t *testing.T, c *trio) {
	e := c.engine("left")
	put := func(subject, after string) (ack struct {
		Seq   uint64
		Error *nats.APIError
	}) {
		msg := nats.NewMsg(subject)
		msg.Header.Set("Nats-Expected-Last-Subject-Sequence", after)
		answer, err := e.nc.RequestMsg(msg, patience)
		if err == nil {
			err = json.Unmarshal(answer.Data, &ack)
		}
		if err != nil {
			t.Fatal(err)
		}
		return ack
	}
	facts := []struct {
		name string
		f    func() error
	}{
		{"a conflict is error 10071, of the kind that says no more than that", func() error {
			put("cell.other.fact", "0")
			if ack := put("cell.other.fact", "0"); ack.Error == nil || ack.Error.ErrorCode != 10071 {
				return errors.New("another answer")
			}
			return nil
		}},
		{"a conflict with one that is in flight is 10071 or 10164, and one of many is taken", func() error {
			for round := range 20 {
				var mu sync.Mutex
				taken, codes := 0, map[nats.ErrorCode]int{}
				subject := "cell.other.flight" + strings.Repeat("x", round)
				var all sync.WaitGroup
				for range 16 {
					all.Go(func() {
						ack := put(subject, "0")
						mu.Lock()
						defer mu.Unlock()
						if ack.Error == nil {
							taken++
						} else {
							codes[ack.Error.ErrorCode]++
						}
					})
				}
				all.Wait()
				if taken != 1 || codes[10071]+codes[10164] != 15 {
					return errors.New("some had another answer")
				}
			}
			return nil
		}},
		{"SyncAlways is heard", func() error {
			for _, name := range trioNames {
				if !c.engine(name).server.current().JetStreamConfig().SyncAlways {
					return errors.New(name)
				}
			}
			return nil
		}},
		{"streams are as they were asked for, and can't be read from a member that lags", func() error {
			for _, want := range streams(3) {
				info, err := e.streamInfo(t.Context(), want.Name)
				if err != nil {
					return err
				}
				if have := info.Config; have.AllowDirect || have.MirrorDirect || have.Replicas != 3 || have.Storage != nats.FileStorage ||
					have.MaxMsgsPerSubject != want.MaxMsgsPerSubject || have.MaxAge != 0 || have.Discard != nats.DiscardOld {
					return errors.New(want.Name)
				}
				if _, err := e.nc.Request("$JS.API.DIRECT.GET."+want.Name, []byte(`{"seq":1}`), patience); !errors.Is(err, nats.ErrNoResponders) {
					return errors.New(want.Name + " answers to direct reads")
				}
			}
			return nil
		}},
		{"a cell keeps its last value only", func() error {
			last := put("cell.other.one", "0").Seq
			put("cell.other.one", strconv.FormatUint(last, 10))
			info := struct {
				State struct {
					Subjects map[string]uint64 `json:"subjects"`
				} `json:"state"`
			}{}
			if err := e.api(t.Context(), "STREAM.INFO."+cellsStream, map[string]string{"subjects_filter": "cell.other.one"}, &info); err != nil {
				return err
			}
			if info.State.Subjects["cell.other.one"] != 1 {
				return errors.New("it has more")
			}
			return nil
		}},
		{"a peer's id is that of its name", func() error {
			for _, name := range trioNames {
				if s := c.engine(name).server.current(); s.Node() != peerID(token(name)) {
					return errors.New(name + " is " + s.Node())
				}
			}
			return nil
		}},
		{"without a port for clients the routes do not begin by themselves", func() error {
			s, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true, Cluster: server.ClusterOpts{Name: "x", Host: "127.0.0.1", Port: -1}})
			if err != nil {
				return err
			}
			s.Start()
			defer s.Shutdown()
			if s.ReadyForConnections(200 * time.Millisecond) {
				return errors.New("they do: StartRouting need not be called any more")
			}
			closed := make(chan struct{})
			close(closed)
			s.StartRouting(closed)
			if !s.ReadyForConnections(patience) {
				return errors.New("nor by StartRouting")
			}
			return nil
		}},
		{"the servers take an entry of 8 MB with its header", func() error {
			if e.nc.MaxPayload() != MaxData+4096 {
				return errors.New("another limit")
			}
			return nil
		}},
	}
	for _, fact := range facts {
		if err := fact.f(); err != nil {
			t.Errorf("%s: %v", fact.name, err)
		}
	}
}
