// Package control is the way to a running host for other programs of the same
// machine: a socket in the site's data folder, and the lock that makes sure
// that only one host runs a site.
//
// Over the socket go lines of JSON, each with the number of the call that it
// belongs to:
//
//	→ {"id": 1, "op": "status"}
//	← {"id": 1, "value": {...}}            none, one or many
//	← {"id": 1, "done": true}              or "error": {"message": ...} beside it
//	→ {"id": 1, "cancel": true}            breaks off a call that goes on
//
// A connection is a session: what belongs to it ends when the client goes,
// however it goes. The package knows nothing of what is asked.
//
// Server owns the listener and one goroutine for each connection and each
// call; Close ends them all and waits. Ring keeps the last log lines for the
// clients that follow the log; a writer never waits for a reader.
package control
