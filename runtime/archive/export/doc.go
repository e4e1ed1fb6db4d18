// Package export makes one file of many pictures of an archive: a time lapse
// (AVI, or MP4 where ffmpeg is installed), a contact sheet, a zip with its
// manifest.
//
// Whatever is made is written beside its name and renamed at its end, so that
// it is whole or absent. Pictures are read one at a time: an export of a
// million costs no more memory than one of ten. Those that are missing or
// broken are left out, and stand in the report.
package export
