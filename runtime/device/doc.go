// Package device talks to the cameras of a site: who asks what of which device
// in what order, and that every head that was set moving is stopped.
//
// A Set holds the devices. Each has a queue with one worker (or as many as
// site.yaml's concurrency), a watcher that polls it, and for as long as one of
// its heads has to be stopped a stopper. Who gives a command is an Owner in the
// context; when the owner ends, its heads are stopped.
package device
