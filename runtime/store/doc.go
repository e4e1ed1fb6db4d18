// Package store keeps what outlives the process: the values of hik.state, when
// jobs last ran and which runs were cut off, and which heads are in motion.
//
// All of it lies in memory, where it is read, and in one bbolt file, which is
// only written while the store is open. A write marks what changed. Publish
// hands a script's changes over for writing, all those since the last time as
// one: called while the script's lock is held, it never splits what a task did
// between two waits. One committer, a goroutine that lives as long as there is
// something to write, takes whatever was handed over meanwhile into one bbolt
// transaction, so that a hundred tasks share one fsync. A task that must know
// that the disk has it waits on the Ticket.
//
//	task ── Set ──► tree (memory) ── Publish ──► batch ── committer ──► state.db
//	  └──────────────── Ticket.Wait ◄────────────────────────┘
//
// A commit that fails is an error of the tasks that wait for it, and logged
// once; the script's whole state is then written as soon as the disk takes it
// again. What no task waits for, last runs and heads that have come to rest, is
// written with the next batch or 10 s later.
//
// Close publishes what is left, waits for the committer, and closes the file.
// Locks are taken in the order State.mu, Store.mu, and neither is held while
// anything waits.
package store
