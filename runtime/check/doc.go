// Package check tells what is wrong with a site as far as that can be known
// without a device: site.yaml, the syntax of every script and module, and what
// the scripts ask of hiklua.
//
// # How scripts are looked at
//
// A file is parsed and walked twice. The first walk (resolve) finds which
// variable each name means, how often each is assigned, and where in the text
// everything stands. The second (walk) follows values that are plain to see:
// `local cam = hik.device("gate")` makes cam that device, `"20s"` is that
// string, and everything else is unknown and taken to be right.
//
// Where a call of the hik module has only known arguments, it is made: against
// the bindings themselves, with a site whose devices refuse every command
// (rehearsal). What the bindings call misuse is what is reported, in the
// words that the script would meet at three in the morning. So nothing here
// repeats what a function takes, and nothing can drift from it.
//
// Nothing of the script itself is ever run.
package check
