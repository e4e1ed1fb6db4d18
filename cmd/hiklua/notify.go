package main

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// notifier tells systemd how the host fares, by the protocol of sd_notify(3).
// Without NOTIFY_SOCKET in the environment it does nothing.
type notifier struct {
	address string
	every   time.Duration // of WATCHDOG=1; 0: systemd does not wait for it
}

func (a *app) newNotifier() *notifier {
	n := &notifier{}
	n.address, _ = a.env("NOTIFY_SOCKET")
	if strings.HasPrefix(n.address, "@") {
		n.address = "\x00" + n.address[1:]
	}
	text, _ := a.env("WATCHDOG_USEC")
	if microseconds, err := strconv.ParseInt(text, 10, 64); err == nil && n.address != "" {
		n.every = time.Duration(microseconds) * time.Microsecond / 2
	}
	return n
}

// tell sends lines such as "READY=1". Without a listener there is no error.
func (n *notifier) tell(lines ...string) {
	if n.address == "" {
		return
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.address, Net: "unixgram"})
	if err != nil {
		return
	}
	defer c.Close()
	c.Write([]byte(strings.Join(lines, "\n")))
}

// watchdog says at each interval that the host is alive, after check has come
// back: one that hangs is silent, and systemd starts it anew.
func (n *notifier) watchdog(check func()) (stop func()) {
	if n.every <= 0 {
		return func() {}
	}
	return clock.Tick(n.every, func() {
		check()
		n.tell("WATCHDOG=1")
	})
}
