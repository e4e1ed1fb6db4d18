// Package runtime is the host: it decides who runs when, and who owns what.
//
// Host owns the scripts of a site, and package device its devices. Each file of
// scripts/ has a loader, which brings one generation after another live. A
// generation has one Lua state and one lock; each task of it runs on a goroutine
// of its own and holds the lock only while it computes:
//
//	watcher ──► scan ──► loader of each file ──► generation
//	                                                 │ owns jobs, handlers,
//	job timer ──► task goroutine ──(its lock)──► Lua │ tasks, opened devices
//	                   │ command
//	                   ▼
//	              package device
//
// A generation owns what its script has registered, and its end empties the
// list: jobs and handlers stop, tasks end, opened devices are released.
//
// Run starts the watcher and the loaders as its children. The end of its context
// goes straight to Close, which cancels the children and stops the heads before
// it waits for anything; then it ends the scripts, the devices and the store. A
// child that hangs in a read of the disk is left behind. Otherwise each goroutine
// is ended and waited for by its owner: tasks by their script, workers by their
// device.
//
// Locks are taken in this order and never the other way: script.lock (by
// tasks), Host.mu, the locks of package device over its hub and feeds, script.mu,
// Device.mu and Owner.mu, and those of package store after all of them. None but
// script.lock is held while anything waits. A stop needs Device.mu, so nothing is
// logged while that one is held.
package runtime
