// Package jpeg looks at pictures of cameras while they pass by: whether they
// are whole and can be decoded, what they say of themselves; and puts in what
// the archive has to say of them. It holds none of them in memory and changes
// nothing of the image itself (ITU-T T.81; Exif 2.32; XMP, ISO 16684-1).
package jpeg
