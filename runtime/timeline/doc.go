// Package timeline is what happened on a site over a span, or would happen: a
// list of actions that an operator would notice, and of findings. It is made
// from the entries of a journal, those of a rehearsal and those of a real host
// alike, and shown as text, as lines of JSON and as a page.
//
// One action is the whole of a thing: a run of a job with how long it took, a
// picture and where it lies, an alarm from its start to its stop.
package timeline
