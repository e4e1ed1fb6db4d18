// Package gaps knows which pictures should be in an archive and are not, and why.
//
// A Tracker follows the schedules of site.yaml while the host runs. Each time at
// which a picture was due is judged once, two minutes later: there is a picture of
// that channel and label, taken then or before the next was due, or one is
// missing. Missing ones in a row are a Gap. Why is what the tracker knows at that
// moment: that the command failed, that the device is offline, that the host did
// not run. So the reasons last as long as the record of gaps does, and the journal,
// which goes round in hours at a large site, is not needed for them. Nor do gaps
// change when retention thins out what was there.
//
//	schedules ─┐
//	archive ───┼──► Tracker ──► events, log, status
//	devices ───┘       │
//	                   ├──► data/archive.gaps/state.json   how far it has come, gaps that go on
//	                   └──► data/archive.gaps/ended.jsonl  gaps that have ended
//
// What became due while the host was down is judged after the next start: by the
// index, which has what was taken until the end, and by the time at which the last
// host was seen alive, a minute exact after a kill. What was due before a schedule
// was first followed is not missing.
//
// Read makes a report of both files, also while no host runs.
package gaps
