//go:build !nofleet

package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// strangerEvery is the least time between two lines about peers without the secret.
const strangerEvery = 10 * time.Minute

// serverLog is where a server writes. What it calls a notice is of interest to who
// looks for a fault in the engine only.
type serverLog struct {
	log *slog.Logger

	mu       sync.Mutex
	strange  clock.Stopwatch // since a stranger was told of
	starting bool
	fatal    error // why it can't start
	damaged  error // what is wrong with its store
}

// ordinary are warnings and errors of what is not amiss, or is told by watch in the
// words of this program.
var ordinary = regexp.MustCompile(`^(Maximum payloads over|Plaintext passwords|Metalayer blocking snapshot)|JetStream has not established contact|[Rr]out(e|ing)|RAFT| - rid:\d+ - `)

// stranger is what a server says of a peer that has not the cluster's secret.
var stranger = regexp.MustCompile(`TLS route handshake error: .*(certificate|does not look like)`)

// damage is what a server says of a store that it can't read, while it goes on
// without what was there. The end of a log that a power failure has cut off is not
// among that: it was never acknowledged.
var damage = regexp.MustCompile(`metafile|(?i)corrupt|checksums? d(o|id) not match|[Ee]rror recovering|Failed to recover`)

func (l *serverLog) Noticef(format string, v ...any) { l.write(slog.LevelDebug, format, v...) }
func (l *serverLog) Debugf(format string, v ...any)  {}
func (l *serverLog) Tracef(format string, v ...any)  {}

func (l *serverLog) Warnf(format string, v ...any) { l.look(slog.LevelWarn, format, v...) }

func (l *serverLog) Errorf(format string, v ...any) { l.look(slog.LevelError, format, v...) }

// Fatalf ends no process.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	l.fatal = errors.Join(l.fatal, errors.New(strings.TrimSpace(fmt.Sprintf(format, v...))))
	l.mu.Unlock()
	l.write(slog.LevelError, format, v...)
}

func (l *serverLog) look(level slog.Level, format string, v ...any) {
	text := strings.TrimSpace(fmt.Sprintf(format, v...))
	l.mu.Lock()
	if l.starting && damage.MatchString(text) {
		l.damaged = errors.Join(l.damaged, errors.New(text))
	}
	tell := stranger.MatchString(text) && l.strange.Elapsed() > strangerEvery
	if tell {
		l.strange = clock.NewStopwatch()
	}
	l.mu.Unlock()
	if tell {
		l.log.Warn("engine: a peer that has not this cluster's secret was refused", "error", text)
		return
	}
	if ordinary.MatchString(text) {
		level = slog.LevelDebug
	}
	l.write(level, "%s", text)
}

func (l *serverLog) write(level slog.Level, format string, v ...any) {
	if l.log.Enabled(context.Background(), level) {
		l.log.Log(context.Background(), level, "engine: "+strings.TrimSpace(fmt.Sprintf(format, v...)))
	}
}

// started is why the server is not to run, if it has said anything like that.
func (l *serverLog) started() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.starting = false
	switch {
	case l.damaged != nil:
		return fmt.Errorf("%w, it is damaged: %w; %s", ErrStore, l.damaged, anew)
	case l.fatal != nil:
		return fmt.Errorf("the engine can't start: %w", l.fatal)
	}
	return nil
}
