// Package hosts makes one of the runtime.Hosts of a process that is a host of a
// cluster: one for each share that it holds, none on a standby. What stands beside
// a host, such as the API, the page, the MQTT bridge and the metrics, is given a
// Group, and goes on while Hosts come and go under it.
//
// What a Group is asked for is answered by the Host that has the device, the
// script or the job. Where another host of the cluster has it the error has the
// kind elsewhere, and names that host.
package hosts
