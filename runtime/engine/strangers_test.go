//go:build !nofleet

package engine

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// testStrangers: without the secret there is no way into a cluster, and no other port.
func testStrangers(t *testing.T, c *trio) {
	own, _, err := memberTLS(c.secret)
	if err != nil {
		t.Fatal(err)
	}
	foreign, _, err := memberTLS(newSecret(t))
	if err != nil {
		t.Fatal(err)
	}
	foreign.InsecureSkipVerify = true // it is the member that refuses
	for _, test := range []struct {
		name   string
		config *tls.Config // nil: plain
		in     bool
	}{
		{"plain", nil, false},
		{"no certificate", &tls.Config{InsecureSkipVerify: true}, false},
		{"another secret", foreign, false},
		{"the secret", own, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			raw, err := net.Dial("tcp", c.members["left"])
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			raw.SetDeadline(time.Now().Add(patience))
			conn := raw
			if test.config != nil {
				conn = tls.Client(raw, test.config)
			}
			// A member says who it is as soon as it knows that the peer is one.
			conn.Write([]byte("PING\r\n"))
			line, err := bufio.NewReader(conn).ReadString('\n')
			if in := strings.HasPrefix(line, "INFO "); in != test.in {
				t.Errorf("the member says %.40q, %v", line, err)
			}
		})
	}

	// A whole engine with another secret, which claims to be a member.
	members := map[string]string{"left": c.members["left"], "right": c.members["right"], "box": freeAddress(t)}
	log := &logBook{}
	e, err := Start(context.Background(), Config{
		Dir: t.TempDir(), Name: "box", Members: members, Secret: newSecret(t), Clock: clock.Real(), Log: slog.New(log.at("box")),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	eventually(t, "the stranger is not told of", func() error {
		if text := c.log.all() + log.all(); !strings.Contains(text, "has not this cluster's secret") {
			return fmt.Errorf("%s", text)
		}
		return nil
	})
	if s := e.Status(); s.Leader != "" || s.Quorum {
		t.Errorf("the stranger is in: %+v", s)
	}

	for _, name := range trioNames {
		s := c.engine(name).server.current()
		if s.Addr() != nil || s.MonitorAddr() != nil || s.ProfilerAddr() != nil || s.ClusterAddr() == nil {
			t.Errorf("%s listens at %v %v %v %v", name, s.Addr(), s.MonitorAddr(), s.ProfilerAddr(), s.ClusterAddr())
		}
	}
}

func TestSecret(t *testing.T) {
	one, two := newSecret(t), newSecret(t)
	if bytes.Equal(one, two) {
		t.Error("two secrets are the same")
	}
	if err := CheckSecret(one); err != nil {
		t.Error(err)
	}
	for _, wrong := range [][]byte{nil, []byte("secret"), one[:len(one)-40], two[:bytes.Index(two, []byte("-----BEGIN PRIVATE"))],
		append(bytes.Clone(one[:bytes.Index(one, []byte("-----BEGIN PRIVATE"))]), two[bytes.Index(two, []byte("-----BEGIN PRIVATE")):]...)} {
		if err := CheckSecret(wrong); err == nil || !strings.Contains(err.Error(), "hiklua cluster init") {
			t.Errorf("%.20q: %v", wrong, err)
		}
	}
}
