//go:build !nofleet

package engine

import (
	"fmt"
	"strings"
)

// The streams, and where their values and entries are.
const (
	leasesStream = "LEASES" // cells lease.SHARE
	cellsStream  = "CELLS"  // all other cells
	stateStream  = "STATE"  // logs

	leaseSubject = "cell.lease."
	cellSubject  = "cell.other."
	logSubject   = "log."

	// What goes from member to member and is kept nowhere.
	tellSubject = "tell."
	askSubject  = "ask."
)

// cellPlace is the stream and the subject of a cell.
func cellPlace(cell string) (stream, subject string) {
	if share, ok := strings.CutPrefix(cell, "lease."); ok {
		return leasesStream, leaseSubject + token(share)
	}
	return cellsStream, cellSubject + token(cell)
}

// token is a name as one token of a subject, and as the name of a server. Names of
// site.yaml may have dots, stars and spaces, which mean something to NATS.
func token(name string) string {
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if name == "" {
		return "%"
	}
	return b.String()
}
