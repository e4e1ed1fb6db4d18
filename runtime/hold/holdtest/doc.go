// Package holdtest is a cluster for tests: an engine in memory that delays, loses and
// stalls what it is asked, and machines in virtual time that are cut off, paused and
// killed, each with a boot clock of its own rate.
package holdtest
