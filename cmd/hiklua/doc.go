// Program hiklua is the operator's interface to package runtime: it reads
// flags and site.yaml, opens a host, and tells people what happened.
//
// main passes signals on and exits with what run returns; run is the whole
// program, so that tests call it. One file holds one command. A command
// returns an error and prints none: report decides what is shown and which
// exit status it gives: 1 for a failure, 2 for wrong use of the command line.
//
// The first SIGINT, SIGTERM or SIGHUP ends the context that run was given, and
// every command then ends in an orderly way, heads first. The second one is
// told by hurried.
package main
