package control

import (
	"encoding/json"
	"net"
	"sync"
)

// maxLine bounds one line of either direction.
const maxLine = 16 << 20

// request is a line of the client.
type request struct {
	ID     int64           `json:"id"`
	Op     string          `json:"op,omitempty"`
	Args   json.RawMessage `json:"args,omitempty"`
	Cancel bool            `json:"cancel,omitempty"`
}

// refused is the ID of a reply to a client that gets no session.
const refused = -1

// reply is a line of the host.
type reply struct {
	ID    int64           `json:"id"`
	Value json.RawMessage `json:"value,omitempty"`
	Done  bool            `json:"done,omitempty"`
	Error *Fault          `json:"error,omitempty"`
}

// lineWriter writes messages to a connection, each as a line.
type lineWriter struct {
	mu  sync.Mutex // one line at a time
	net net.Conn
}

// write waits for a peer that does not read.
func (w *lineWriter) write(message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err = w.net.Write(append(text, '\n'))
	return err
}

// Fault is an error of the host as the client gets it.
type Fault struct {
	Message string `json:"message"`
	// Detail is whatever the two sides agreed on beside the message.
	Detail json.RawMessage `json:"detail,omitempty"`
}

func (f *Fault) Error() string { return f.Message }

// NewFault makes a fault with a detail.
func NewFault(message string, detail any) *Fault {
	text, err := json.Marshal(detail)
	if err != nil {
		text = nil
	}
	return &Fault{Message: message, Detail: text}
}
