//go:build !nofleet

package engine

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestServerLines: what a server says is told where somebody has to act, and is
// understood where this package has to.
func TestServerLines(t *testing.T) {
	for _, test := range []struct {
		line           string // as nats-server v2.15.3 has it
		level          string // in the log; "": not on its usual level
		damage, broken bool
	}{
		{"Plaintext passwords detected, use nkeys or bcrypt", "", false, false},
		{"Maximum payloads over 8.00 MB are generally discouraged and could lead to poor performance", "", false, false},
		{"Metalayer blocking snapshot took 0.002s (streams: 3, consumers: 0, compacted: 3.19 KB)", "", false, false},
		{"JetStream has not established contact with a meta leader", "", false, false},
		{"Catchup for stream '$G > LEASES' resetting first sequence: 32 on catchup request", "", false, false},
		{"Waiting for routing to be established...", "", false, false},
		{"127.0.0.1:36983 - rid:26 - TLS handshake timeout", "", false, false},
		{"192.0.2.66:4711 - rid:7 - TLS route handshake error: tls: client didn't provide a certificate", "WARN", false, false},
		{"192.0.2.66:4711 - rid:7 - TLS route handshake error: tls: first record does not look like a TLS handshake", "WARN", false, false},
		{"192.0.2.66:4711 - rid:7 - TLS route handshake error: EOF", "", false, false},
		{"JetStream cluster stream '$G > STATE' has NO quorum, stalled", "WARN", false, false},
		{"Filestore [STATE] Stream state checksum did not match", "WARN", false, false},
		{"Filestore [STATE] Stream state outdated, last block has additional entries, will rebuild", "", false, false},
		{"Filestore [STATE] Recovering stream state from index errored: prior state file", "", false, false},
		{"Filestore [LEASES] Stream state encountered internal inconsistency on write", "", false, false},
		{"RAFT [sF83R4ay - _meta_] Commit file corrupt, checksums did not match", "", false, false},
		{"RAFT [sF83R4ay - S-R3F-D2DxYF8K] Snapshot corrupt, checksums did not match", "", true, false},
		{"RAFT [sF83R4ay - S-R3F-D2DxYF8K] Corrupt WAL, will truncate", "", true, false},
		{"  Missing stream metafile for \"/x/meta.inf\"", "WARN", true, false},
		{"  Missing stream checksum file \"/x/meta.sum\"", "WARN", true, false},
		{"  Stream metafile \"/x/meta.inf\": checksums do not match \"a\" vs \"b\"", "WARN", true, false},
		{"Filestore [STATE] Critical write error: write /x: no space left on device", "WARN", false, true},
		{"JetStream out of File resources, will be DISABLED", "WARN", false, true},
	} {
		book := &logBook{}
		log := &serverLog{log: slog.New(book.at("left"))}
		log.Warnf("%s", test.line)
		text := book.all()
		if test.level == "" && text != "" || test.level != "" && !strings.Contains(text, "level="+test.level) {
			t.Errorf("%s: the log has %q", test.line, text)
		}
		if (log.found() != "") != test.damage || log.hurt() != test.broken {
			t.Errorf("%s: taken for damage %v, for a write that failed %v", test.line, log.found() != "", log.hurt())
		}
	}

	book := &logBook{}
	log := &serverLog{log: slog.New(book.at("left"))}
	for range 1000 {
		log.Errorf("JetStream failed to store a msg on stream '%s > %s'", "$G", "STATE")
		log.Errorf("%s", "192.0.2.66:4711 - rid:7 - TLS route handshake error: tls: client didn't provide a certificate")
	}
	if n := strings.Count(book.all(), "\n"); n != 2 {
		t.Errorf("%d lines of two kinds:\n%s", n, book.all())
	}

	for n := range 1000 { // as a server formats what it says of a connection
		log.Errorf(fmt.Sprintf("192.0.2.66:%d - rid:%d - TLS route handshake error: %%v", 1024+n, n), "EOF")
	}
	if n := len(log.said); n > 1 {
		t.Errorf("%d lines are remembered: it grows with each connection", n)
	}
}
