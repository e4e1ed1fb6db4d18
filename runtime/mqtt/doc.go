// Package mqtt tells a broker of MQTT how a site is, carries out what comes from
// there, and carries the messages of scripts.
//
//	hik.mqtt.publish ──► queue ─┐
//	Status, Record, Picture ────┴─► link ──► broker
//	Deliver, RunJob, StopHead, RecallPreset ◄── link ◄──┘
//
// A Bridge has one goroutine, which makes one connection after the other. A link is
// the life of one connection: it says that the host is there, tells Home Assistant
// what the site has, and then, once a second, what has changed. Nothing of a link
// goes over to the next: what scripts publish while the broker is away is dropped,
// and states are sent anew. The host waits for none of it; it is asked for its
// Status, and its Record is looked at.
//
// The topics, below the one that site.yaml gives:
//
//	status                                online, offline (the last will)
//	device/DEVICE/state, events           as in hiklua status
//	device/DEVICE/CHANNEL/motion          ON, OFF
//	device/DEVICE/CHANNEL/preset          where the head was sent, or None
//	device/DEVICE/CHANNEL/preset/set      a command: the name of a preset, or its number
//	device/DEVICE/CHANNEL/stop            a command: PRESS
//	device/DEVICE/CHANNEL/picture         a JPEG
//	job/SCRIPT/JOB                        {last, next, outcome, error, running}
//	job/SCRIPT/JOB/run                    a command: PRESS
package mqtt
