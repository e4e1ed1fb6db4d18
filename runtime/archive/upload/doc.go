// Package upload copies every picture of an archive to a second place: a folder
// on another disk, or a bucket of S3 or of what is compatible with it.
//
//	Add ──► memory ──► writer ──► data/archive.copy/00000007.jsonl ... ──► sender ──► second place
//	                                          │                       │
//	                               list of what waits         data/archive.copy/state.json:
//	                                                          how far it has come
//
// The list is spooled on disk, a line a picture, in the order in which pictures
// were added; the pictures themselves stay in the archive. Retention asks Oldest,
// and leaves what waits for as long as it can. The sender takes the lines in that
// order, a few at a time, and goes on to the next few when all of these have
// arrived. A place that is away is tried again, ever more slowly up to 5 min: a
// day without it loses nothing, and a restart goes on where the list was left.
//
// What has arrived is checked: size and MD5 as the place tells them, or, where it
// does not, the SHA-256 of what is read back. A file of that name with other
// bytes is never overwritten: the copy gets another name.
//
// The list is written without fsync. Open looks into the archive's index for
// pictures that a crash has kept out of it: from the last line on, or, for a place
// that is new, from the first picture on.
//
// With Keep, what was copied is deleted there when it is old enough, by the list
// of what was copied and no other: what somebody else has put there stays.
//
// Goroutines: the sender, and a writer for as long as something is to be written.
// Close ends both, and waits for them as long as its context lasts.
package upload
