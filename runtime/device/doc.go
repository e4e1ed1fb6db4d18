// Package device talks to the cameras of a site: who asks what of which device
// in what order, and that every head that was set moving is stopped.
//
// A Device is an address. A Set has one for each, with a queue, the heads, and
// an event stream; a Ref is one of its names, with a login and what is known of
// that. A Device ends when its last name has gone (site.yaml has it no more, the
// last generation of a script that opened it is released) and its heads rest:
//
//	site.yaml ────────┐
//	hik.device{...} ──┼──► Ref ──► line ──► Device ──► heads
//	crash book ───────┘   watcher          queue ──► workers ──► camera
//	                      (polls, last)              stopper of a head,
//	                                                 on connections of its own
//
//	camera ──► stream reader ──► alarms (folded) ──► Hub ──► handlers
//
// What people who look on ask for, such as a picture for the page, is a look: it
// comes after the queue and before the polls, see Ref.Look.
//
// Who gives a command is an Owner in the context. A motion belongs to its owner,
// and so does a lease of a head, within which are the owner's children. The end
// of an owner has its heads stopped and its leases given back.
//
// Goroutines: of a Device its workers, of which one more or fewer runs when
// site.yaml's concurrency changes, a stopper for as long as a head has to be
// stopped, and while scripts listen a reader of the event stream with a watcher
// over its silence; of a Ref its watcher, and one that logs what was said while
// a lock was held. Set.Close ends all of them and waits for them, when the heads
// rest or its time is over.
//
// Locks are taken in this order and never the other way: Set.mu, feed.mu, Hub.mu,
// the locks of those who listen, Device.mu, Owner.mu, Ref.mu, and those of package
// store. None is held while anything waits for a device, a disk or a reader of
// the log.
package device
