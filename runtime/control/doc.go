// Package control is the way to a running host for other programs of the same
// machine: a socket in the site's data folder, and the lock that makes sure
// that only one host runs a site.
//
// Over the socket goes HTTP; package api has what can be asked. The socket is
// for the user of the host alone, so there is no login.
//
// Server owns the listener and the goroutines of net/http, one for each
// connection; Close ends them all and waits. Ring keeps the last log lines for
// the clients that follow the log; a writer never waits for a reader.
package control
