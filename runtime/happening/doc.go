// Package happening reads what is to happen to the simulated devices of a site,
// and has it happen: an alarm that a device notices, a fault that it has for a
// while, an event for the scripts. The words are those of hiklua emit and of the
// file of rehearse --events:
//
//	23:10 gate motion                       # every day, for 5 s
//	mon-fri 08:00 gate/yard line_crossing human for 20s
//	2026-03-29 02:30 gate/yard intrusion    # once
//	02:00-02:20 warehouse offline
//	03:00 gate slow 2s for 10m
//	sunset+15m emit closing {"by": "timer"}
//	random motion 40/day seed 7
//
// Parse and ParseWhat read, a Player sets the clock.
package happening
