package upload

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const (
	testKey    = "AKHIKLUATEST"
	testSecret = "hunter2-of-the-bucket"
)

// server is versitygw, a real S3 server, over a folder.
type server struct {
	testing.TB
	address string
	root    string
	cmd     *exec.Cmd
	ended   chan struct{} // closed when it has
	out     lines
}

func newServer(t testing.TB) *server {
	program, err := exec.LookPath("versitygw")
	if err != nil {
		t.Skip("versitygw is not installed: go install github.com/versity/versitygw/cmd/versitygw@v1.8.0")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &server{TB: t, address: l.Addr().String(), root: filepath.Join(t.TempDir(), "objects")}
	must(t, l.Close())
	must(t, os.MkdirAll(filepath.Join(s.root, "pictures"), 0o755))
	s.start(program)
	t.Cleanup(s.kill)
	return s
}

func (s *server) start(program string) {
	s.Helper()
	s.cmd = exec.Command(program, "--port", s.address, "--access", testKey, "--secret", testSecret, "--quiet",
		"posix", "--sidecar", s.sidecar(), s.root)
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	must(s, os.MkdirAll(s.sidecar(), 0o755))
	must(s, s.cmd.Start())
	cmd, ended := s.cmd, make(chan struct{})
	s.ended = ended
	go func() {
		defer close(ended)
		cmd.Wait()
	}()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get("http://" + s.address + "/")
		if err == nil {
			resp.Body.Close()
			return
		}
		gone := false
		select {
		case <-ended:
			gone = true
		default:
		}
		if gone || time.Now().After(end) {
			s.Fatalf("versitygw does not answer: %v\n%s", err, s.out.String())
		}
	}
}

func (s *server) sidecar() string { return filepath.Join(filepath.Dir(s.root), "attributes") }

func (s *server) kill() {
	if s.cmd != nil {
		s.cmd.Process.Kill()
		<-s.ended
		s.cmd = nil
	}
}

func (s *server) again() { s.start("versitygw") }

func (s *server) to(bucket, prefix string) site.CopyTo {
	c := site.CopyTo{Bucket: bucket, Endpoint: "http://" + s.address, Region: "us-east-1", Prefix: prefix}
	c.Address = fmt.Sprintf("s3://%s?endpoint=%s", bucket, c.Endpoint)
	return c
}

func account(key, secret string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := map[string]string{"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}[name]
		return value, ok
	}
}

// The server is killed in the middle and started again; the host is, too.
func TestS3(t *testing.T) {
	s := newServer(t)
	d := newDesk(t, clock.Real())
	big := d.take(0, time.Now())
	// Larger than what a part of a multipart upload is at the least.
	data := bytes.Repeat([]byte("0123456789abcdef"), 6<<16)
	must(t, os.WriteFile(d.path(big.Path), data, 0o644))
	f, err := os.Open(d.path(big.Path))
	must(t, err)
	sum, err := sumOf(f)
	must(t, err)
	f.Close()
	d.index[0].SHA256 = sum.SHA256
	conf := d.config(s.to("pictures", "site/a"), nil)
	conf.Getenv = account(testKey, testSecret)
	conf.Keep = time.Hour
	u := d.start(conf)
	d.await("the first", u, copied(1))
	var mu sync.Mutex
	n := 1
	add := func() {
		mu.Lock()
		defer mu.Unlock()
		u.Add(d.take(n, time.Now()))
		n++
	}
	for range 40 {
		add()
	}
	d.await("some", u, func(s Status) bool { return s.Copied > 10 })
	s.kill()
	for range 40 {
		add()
	}
	d.await("killed", u, failing("cannot be reached"))
	u.Close(context.Background())
	before := u.Status().Copied
	u = d.start(conf)
	d.await("killed, after a restart", u, failing("connection refused"))
	s.again()
	d.await("started again", u, func(s Status) bool { return s.Waiting == 0 && s.Failing == nil })
	u.Close(context.Background())
	got := tree(t, filepath.Join(s.root, "pictures", "site", "a"))
	if want := names(0, n); !slices.Equal(got, want) {
		t.Errorf("%d of %d pictures: %v\nbefore the restart %d, log %s", len(got), n, got, before, d.log)
	}
	for _, name := range got {
		here, err := os.ReadFile(d.path(name))
		must(t, err)
		there, err := os.ReadFile(filepath.Join(s.root, "pictures", "site", "a", name))
		must(t, err)
		if !bytes.Equal(here, there) {
			t.Errorf("%s: %d bytes, %d there", name, len(here), len(there))
		}
	}
	if strings.Contains(d.log.String(), testSecret) || strings.Contains(d.log.String(), testKey) {
		t.Errorf("the log has the account: %s", d.log)
	}
	// What is old goes.
	conf.Keep = time.Nanosecond
	u = d.start(conf)
	for end := time.Now().Add(60 * time.Second); len(tree(t, filepath.Join(s.root, "pictures"))) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("left: %v\n%s", tree(t, filepath.Join(s.root, "pictures")), d.log)
		}
	}
	u.Close(context.Background())
}

func TestS3Refuses(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct {
		name, bucket, key, secret string
		message, hint             string
	}{
		{"no account", "pictures", "", "", "there is no account for it", "AWS_ACCESS_KEY_ID"},
		{"wrong key", "pictures", "AKWRONG", testSecret, "the access key is not known there", "AWS_ACCESS_KEY_ID"},
		{"wrong secret", "pictures", testKey, "hunter3", "the secret key is wrong", "AWS_SECRET_ACCESS_KEY"},
		{"no bucket", "nothing-here", testKey, testSecret, "there is no bucket nothing-here", "make it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, clock.Real())
			conf := d.config(s.to(c.bucket, ""), nil)
			conf.Getenv = account(c.key, c.secret)
			u := d.start(conf)
			defer u.Close(context.Background())
			u.Add(d.take(0, time.Now()))
			d.await(c.name, u, failing(c.message))
			told := u.Status().Failing.(*Error)
			if !strings.Contains(told.Hint, c.hint) || strings.Contains(told.Error(), "\n") {
				t.Errorf("%q, hint %q", told, told.Hint)
			}
			if log := d.log.String(); strings.Contains(log, testSecret) || strings.Contains(log, "hunter3") || strings.Count(log, "\n") > 2 {
				t.Error(log)
			}
		})
	}
}

// No more bytes a second than copy_rate.
func TestS3Rate(t *testing.T) {
	s := newServer(t)
	d := newDesk(t, clock.Real())
	conf := d.config(s.to("pictures", ""), nil)
	conf.Getenv, conf.Rate = account(testKey, testSecret), 20_000
	for i := range 8 {
		d.take(i, time.Now()) // 1,500 bytes, and as much again for requests
	}
	began := time.Now()
	u := d.start(conf)
	d.await("copies", u, copied(8))
	u.Close(context.Background())
	if took := time.Since(began); took < 500*time.Millisecond {
		t.Errorf("12,000 bytes took %v", took)
	}
}
