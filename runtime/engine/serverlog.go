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

const (
	// sayEvery is the least time between two lines of one kind.
	sayEvery = 10 * time.Second
	// strangerEvery is that between two about peers without the secret.
	strangerEvery = 10 * time.Minute
)

// serverLog is where a server writes. What it calls a notice is of interest to who
// looks for a fault in the engine only. Some of its lines are the one way to learn
// what has happened to it; TestServerLines has each of them come about.
type serverLog struct {
	log *slog.Logger

	mu      sync.Mutex
	said    map[string]clock.Stopwatch // since a line of that format
	strange clock.Stopwatch            // since a stranger was told of
	fatal   string                     // why it can't start
	damage  string                     // what it has found wrong with its store
	broken  bool                       // it could not write, and has given up, in part at least
}

var (
	// ordinary are warnings and errors of what is not amiss, as an index of a store that
	// is made anew after a crash, what a member that was away catches up with, or is told by watch in the words of this program.
	ordinary = regexp.MustCompile(`^(Maximum payloads over|Plaintext passwords|Metalayer blocking snapshot|Filestore .* (will rebuild|Recovering stream state from index errored|Stream state encountered internal inconsistency))|JetStream has not established contact|JetStream is not current with the meta leader|[Rr]out(e|ing)|RAFT|Catchup for stream .* resetting first sequence| - rid:\d+ - `)
	// stranger is what a server says of a peer that has not the cluster's secret.
	stranger = regexp.MustCompile(`TLS route handshake error: .*(certificate|does not look like)`)
	// damage is what a server says of a store that it can't read, while it goes on
	// without what was there. What a power failure may leave behind is not among
	// that: the end of a file that was never acknowledged, an index that it makes anew.
	damage = regexp.MustCompile(`(?i)metafile|missing stream checksum|snapshot corrupt|corrupt WAL|could not load \d+ from WAL|corrupt message|corrupt peer|append entry corrupt`)
	// broken is what it says when it could not write.
	broken = regexp.MustCompile(`will be DISABLED|Critical write error|[Pp]ermission denied`)
)

func (l *serverLog) Noticef(format string, v ...any) { l.write(slog.LevelDebug, text(format, v)) }
func (l *serverLog) Debugf(format string, v ...any)  {}
func (l *serverLog) Tracef(format string, v ...any)  {}
func (l *serverLog) Warnf(format string, v ...any)   { l.amiss(slog.LevelWarn, format, v) }
func (l *serverLog) Errorf(format string, v ...any)  { l.amiss(slog.LevelError, format, v) }

// Fatalf ends no process.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	l.fatal = text(format, v)
	l.mu.Unlock()
	l.write(slog.LevelError, text(format, v))
}

func text(format string, v []any) string { return strings.TrimSpace(fmt.Sprintf(format, v...)) }

// amiss takes note of a warning or an error, and logs it, unless there was one of its
// kind a moment ago: a server that can't write says so many times a second.
func (l *serverLog) amiss(level slog.Level, format string, v []any) {
	line := text(format, v)
	l.mu.Lock()
	if damage.MatchString(line) && l.damage == "" {
		l.damage = line
	}
	if broken.MatchString(line) {
		l.broken = true
	}
	foreign := stranger.MatchString(line) && l.strange.Elapsed() > strangerEvery
	if foreign {
		l.strange = clock.NewStopwatch()
	}
	switch last, ok := l.said[format]; {
	case ordinary.MatchString(line): // not noted: the format may be of one connection alone
		level = slog.LevelDebug
	case ok && last.Elapsed() < sayEvery:
		level = slog.LevelDebug
	default:
		if l.said == nil {
			l.said = map[string]clock.Stopwatch{}
		}
		l.said[format] = clock.NewStopwatch()
	}
	l.mu.Unlock()
	if foreign {
		l.log.Warn("engine: a peer that has not this cluster's secret was refused", "error", line)
		return
	}
	l.write(level, line)
}

func (l *serverLog) write(level slog.Level, line string) {
	l.log.Log(context.Background(), level, "engine: "+line)
}

// found is what is wrong with the store; "": nothing was found.
func (l *serverLog) found() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.damage
}

// hurt tells whether the server could not write.
func (l *serverLog) hurt() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.broken
}

// failed tells whether the server has given up its start.
func (l *serverLog) failed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal != ""
}

// started is why the server is not to run, if it has said anything like that.
func (l *serverLog) started() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.damage != "":
		return damaged(l.damage)
	case l.fatal != "":
		return errors.New("the engine can't start: " + l.fatal)
	}
	return nil
}
