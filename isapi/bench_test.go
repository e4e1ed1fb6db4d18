package isapi

import (
	"io"
	"log"
	"net/http/httptest"
	"testing"
	"time"
)

var quiet = log.New(io.Discard, "", 0)

// A command over a handler in memory: what the client itself costs.
func BenchmarkCommand(b *testing.B) {
	c := newFake(okTree).client(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Continuous(bg, 1, Velocity{Pan: 10}); err != nil {
			b.Fatal(err)
		}
	}
}

// The same over a socket of this machine.
func BenchmarkCommandNetwork(b *testing.B) {
	srv := httptest.NewServer(newFake(okTree))
	defer srv.Close()
	c := onPort(b, srv)
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Continuous(bg, 1, Velocity{Pan: 10}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPicture(b *testing.B) {
	c := newFake(okTree).client(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := c.PictureTo(bg, io.Discard, 1, PictureOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseXML(b *testing.B) {
	doc := []byte(proxyList(1, 2, 3, 4, 5, 6, 7, 8))
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if _, err := ParseXML(doc); err != nil {
			b.Fatal(err)
		}
	}
}

// From the bytes of an event to the typed alert.
func BenchmarkAlert(b *testing.B) {
	doc := []byte(framed(vmd(1, "active")))
	r := &repeat{doc: doc}
	s := &AlertStream{c: newFake(okTree).client(b), ctx: bg, cl: &call{}, body: io.NopCloser(r), split: newSplitter(r, "boundary")}
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

// repeat gives doc again and again.
type repeat struct {
	doc []byte
	at  int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.doc[r.at:])
	r.at = (r.at + n) % len(r.doc)
	return n, nil
}

// What a gate costs a command over a socket of this machine: how many times as long
// it takes as without one, measured in turns.
func BenchmarkGate(b *testing.B) {
	plain, _ := gated(b, newFake(okTree), nil, false)
	behind, _ := gated(b, newFake(okTree), NewGate(always), false)
	var took [2]time.Duration
	for b.Loop() {
		for i, c := range []*Client{plain, behind} {
			began := time.Now()
			if err := c.Continuous(bg, 1, Velocity{Pan: 10}); err != nil {
				b.Fatal(err)
			}
			took[i] += time.Since(began)
		}
	}
	b.ReportMetric(float64(took[1])/float64(took[0]), "x-as-long")
}

// The question and the lock alone.
func BenchmarkGateEnter(b *testing.B) {
	g := NewGate(always)
	b.ReportAllocs()
	for b.Loop() {
		if g.enter() == nil {
			g.leave()
		}
	}
}
