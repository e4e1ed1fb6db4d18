package rehearsal

import (
	"net"
	"net/http"
	"syscall"
)

// refuseAll stands for the network in a rehearsal: nothing leaves the machine.
type refuseAll struct{}

// RoundTrip implements http.RoundTripper.
func (refuseAll) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETUNREACH}
}
