// Package hold decides which host of a cluster may drive the devices of a share:
// a lease on the compare-and-set of an Engine, whose end is judged by boot clocks,
// and a log that only the holder can add to.
//
// A Holder is one host's part in the lease of one share. It watches the record of the
// lease, claims it when it has run out, and then puts it again each second. What
// keeps two hosts from driving a device at the same time is this:
//
//   - The engine puts a record only after the one that the host has named. So of two
//     claims one succeeds, and none does where the holder has renewed meanwhile.
//   - The holder counts its lease from before it sent the last try that was confirmed,
//     the others from when they heard or saw that try, which is later. The others wait
//     longer (grace) than the lease lasts, and the holder writes for less long (guard).
//   - Driver.Hold is given a function, may, which the gate asks before each write, under the
//     lock that Driver.LetGo closes: what was checked is written before LetGo returns.
//   - LetGo is called by a timer that does not wait for the engine. Where it does not
//     return before the end of the lease the Deadman kills the process, also while that
//     is stopped.
//   - LetGo resets connections: what was written and not yet sent is dropped.
//
// There is no clock that the hosts share: a boot clock measures distances on its own
// machine alone, and need only run as fast as the others within 2 %.
//
// A term is the number of the record that began it, and so larger than every earlier one.
// A share is held again under the same term where the record is still this Holder's own: after
// a lapse, in which no engine answered.
//
// The goroutine that calls Run asks the engine. Timers and HandOver call the driver from
// goroutines of their own; Run returns after all of them.
package hold
