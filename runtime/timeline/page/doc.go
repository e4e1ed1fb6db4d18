// Package page writes a timeline as one HTML file that needs nothing beside it:
// no server, no network, no library. A browser opens it from a disk; it may go
// through mail and into a bug report.
//
// The file is page.html with the style and the scripts of this folder in it, and
// the actions as data. Its content security policy lets the browser run just that
// style and that script, by their hashes, and load nothing. The data is a head in
// JSON (lanes, words, findings, the zone's offsets, nights) and columns of numbers,
// deflated, in base64: a million actions are some 4 MB. encode.go has the form,
// data.js reads it.
//
// Times are milliseconds after the begin of the span, cut off. How the clocks of
// the zone stand is in the file as Go knows it, since a browser may have other
// rules of the zone, or none. What is in the file is what the timeline has:
// neither the site's vars nor the environment.
package page
