// Package journal keeps the record of what happened on a site: every command that
// a device was sent, when, by which script, job and task, what it answered and
// how long it took; and beside the commands the runs of jobs, what devices
// noticed, the pictures that were archived, notifications, and when scripts were
// loaded and the host began and ended.
//
// What is no command is limited, so that neither a device whose alarm flutters
// nor a job that runs ten times a second pushes out the commands of the night:
// of what is about the same thing, 30 entries a minute are written, and one with
// the number of the others. A run that takes less than 10 s is one entry.
//
// Write puts an entry into a ring in memory and returns; it waits for nothing.
// A writer, a goroutine that lives as long as there is something in the ring,
// turns entries into lines of JSON and appends them to the newest segment. A
// full segment is followed by a new one and the oldest is removed, so that the
// folder keeps its size:
//
//	Write ──► ring ──► writer ──► journal/00000041.jsonl ... 00000048.jsonl ──► Read
//
// If the disk is slower than the devices, or full, entries are dropped, and a
// line says how many as soon as there is room for it. Lines are written
// without fsync: a killed process loses at most what was in the ring, a power
// cut some seconds. Their order is that in which things ended.
//
// Read needs no host: it reads the segments as they are, also while one writes,
// and passes over what is no line. Close writes what is left.
package journal
