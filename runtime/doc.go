// Package runtime is the host: it decides who runs when, and who owns what.
//
// Host owns the scripts of a site, and package device its devices. Each script has one Lua
// state and one lock; each task of it runs on a goroutine of its own and holds
// the lock only while it computes. Each device has one worker (or as many as
// site.yaml's concurrency), a watcher, and for as long as one of its heads has
// to be stopped a stopper:
//
//	job timer ──► task goroutine ──(script's lock)──► Lua
//	                   │ command                       │ spawn
//	                   ▼                               ▼
//	              device queue ──► worker ──► camera   task goroutine
//	                   ▲                         ▲
//	              watcher (poll)              stopper (own connection)
//
// While a script listens to what a device notices, the device also has a
// stream reader and a watcher over its silence, on a connection of their own:
//
//	camera ──► stream reader ──► alarms (folded) ──► hub ──► handlers' tasks
//
// Whoever starts a goroutine ends it and waits for it: a script its tasks, a
// device its workers, the host both. Close ends first the scripts, then waits
// for the heads to be at rest, then ends the devices, then the store.
//
// Locks are taken in this order and never the other way: script.lock (by
// tasks), Host.mu, feed.mu, hub.mu, script.mu, Device.mu, owner.mu and
// feed.posts, and those of package store after all of them. None but
// script.lock is held while anything waits. A stop needs Device.mu, so nothing
// is logged while that one is held.
package runtime
