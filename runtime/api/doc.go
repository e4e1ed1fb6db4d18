// Package api is the HTTP API of a running host: one table of paths, each with
// what it takes and answers as JSON, and the client that the commands use.
//
// The same paths are served in two places. Over the control socket, which only
// the user of the host can open, all of them; over TCP, behind the login of
// package page, those that a web password is enough for. docs/http-api.md has
// them for those who write programs; a test compares that page with the table.
//
// Answers that go on are lines of JSON, each sent at once. What a request
// has begun, a program or a session, ends with the request. A client breaks off
// by closing its half of the connection: it still gets the last lines then.
//
// API has no goroutines of its own. Those of the requests belong to the server
// that calls its Handler, and end when the context of the server does.
package api
