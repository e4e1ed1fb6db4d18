// Package schedule answers one question: when does a job run next?
//
// Everything here is a pure function of the time it is given: no goroutine, no
// timer, no clock is asked. The caller (package runtime) waits, by the wall
// clock, and asks again. Because Next is pure, the preview of `hiklua next` and
// the runs themselves cannot differ.
//
// # Clock changes
//
// Wall-clock times (clock times of At, cron lines with listed or stepped hours)
// run once on each date: a time that the clock skips runs at the first instant
// after the gap, a time that comes twice runs at its first pass. Both follow
// from one definition: a time runs at the first instant at which the clock shows
// it or a later one (see wall.go). A date that a zone leaves out altogether has
// no runs. Cron lines whose hour is "*", and Every, follow elapsed time: they run
// in both passes of a doubled hour and not at all in a skipped one.
//
// # Sun
//
// Sun times belong to the local date they fall on. A date without a sunrise or
// sunset has no run; near the polar circle one date can have two. Windows ("sunset-sunrise") instead follow the night: in
// polar night it is night all day, under the midnight sun never.
package schedule
