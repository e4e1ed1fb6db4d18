package runtime

import "time"

// Wane has every head stopped that moves, and no further move or command sent:
// what is asked of devices waits, as it does for its turn. Handshakes of event
// streams go on. It is for a host that may have to give its devices up soon. Wane
// and Resume do not wait; a second call in a row does nothing.
func (h *Host) Wane() {}

// Resume ends Wane: what waits is sent.
func (h *Host) Resume() {}

// Drop ends the host at once, because another one drives its devices from now on:
// nothing is sent to a device any more, no head is waited for or reported, and what
// the state file has of heads in motion stays there, for the other host to stop
// them. It returns within 2 s, whatever hangs, and Run returns as well. The gate
// has to be shut before.
func (h *Host) Drop() {}

// Takeover is what scripts are told by the event held.
type Takeover struct {
	From         string    // the host that drove the devices before; "": none did
	Since, Until time.Time // no host did from Since to Until; zero Since: not known
}

// TellHeld tells scripts of a takeover, once they listen. It comes before Run and
// does not wait.
func (h *Host) TellHeld(t Takeover) {}
