// Package notify tells people of what happens: by webhook, ntfy, Telegram and
// mail, as site.yaml has it under notify.
//
//	Notify ──► queue of each way of the target ──► its sender ──► webhook, ntfy, ...
//
// Notify never waits. A way is one kind of one target; each has a queue of its
// own in memory, and a goroutine for as long as something is in it. What is
// refused is given up; a place that is away is tried again, ever more slowly, for
// a day. No more than MaxPerHour messages an hour go one way: those that are more
// are folded into one that says how many they were, and so are those for which
// the queue is too short.
//
// Close gives what waits one more try; what is not delivered by then is lost, and
// said to be. Nothing is written to disk: a notification has a picture and the
// words of a script in it, and one of yesterday tells nobody anything.
//
// Secrets are in the configuration of a way and in the requests that it sends, and
// in nothing that this package returns or logs: what a server answers is searched
// for them.
package notify
