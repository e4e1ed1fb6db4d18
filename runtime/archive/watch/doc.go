// Package watch looks through the pictures of an archive for cameras that show
// nothing: a picture that stands still, a lens that is covered or out of focus.
//
//	Added ──► frozen: the numbers of three pictures in a row are the same
//	  └─────► newest of each channel ──► looker ──► dark, blurred: two in a row
//
// Frozen costs a comparison. For dark and blurred the looker, one goroutine that
// lives as long as there is something to look at, decodes one picture after the
// other from its file; where pictures come faster than that, it passes over some.
package watch
