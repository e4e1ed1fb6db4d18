// Package hold decides which host of a cluster may drive the devices of a share:
// a lease on the compare-and-set of an Engine, whose end is judged by boot clocks,
// and a log that only the holder can add to.
package hold
