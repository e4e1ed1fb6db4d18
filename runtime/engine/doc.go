// Package engine is what the members of a cluster share: NATS with JetStream, in
// this process or, if the site says so, an existing cluster of its own. No other
// package knows of it.
//
// Each member runs a server that votes. The servers speak with each other only, over
// routes with mutual TLS by the one secret of the cluster; this process speaks with
// its own server through memory, and no port is open to clients. Three streams hold
// all there is: the leases, the other cells, and the logs. What is acknowledged is
// on the disks of a majority (SyncAlways). No read decides anything: cells and logs
// change by compare-and-set alone, and reads ask the leader of a stream.
//
// An Engine owns its server, its connection, and two goroutines: one makes the
// streams and looks after them, the other looks once a second at who is there. Close
// ends all of them. With the build tag nofleet there is no NATS in the program, and
// Start returns ErrLeftOut.
package engine
