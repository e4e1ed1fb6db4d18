// Package index knows every picture of an archive, and can prove that each is
// still there as it was written.
//
// Two records of the same thing are kept. The index itself is a bbolt file in
// the site's data folder, where pictures are looked up by time, by device and
// channel, by label and by path. The manifests lie in the archive, in the folder
// .hiklua: one text file a day, a line for each picture as sha256sum writes it,
// and a comment for each that retention has removed. Each begins with the hash
// of the one before, so that none can be changed or taken away unseen:
//
//	archive.Add ── Expect, Add ──► queue ── committer ──► data/archive.db
//	                                            └───────► .hiklua/2026-03-04.sha256
//
// The manifests are the truth, and the index can be made anew from them and
// from the pictures (Rebuild). Verify needs nothing but the folder.
//
// Add waits for nothing: the picture is on the disk already, and an index that
// cannot be written does not keep pictures from being taken. Before a picture
// gets its name, Expect has put its folder on record, so that after a crash the
// next Open looks into these folders, and into no others, for pictures that
// the index lacks.
//
// The archive is known by an identity in .hiklua/archive, which the index knows
// too. Folder opens a folder only if it is that archive; an empty mount point is not.
//
// One process has an index open at a time: a command meets ErrLocked while the
// host runs, and asks the host instead. All methods may be called from any
// goroutine; those that take a context wait on the clock.
package index
