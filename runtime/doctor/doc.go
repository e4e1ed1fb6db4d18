// Package doctor finds out why a device does not work, and what to do about
// it: one Check for each thing that can be wrong, each with its fix.
//
// Examine goes from the outside to the inside: address, web server, ISAPI,
// login; then rights, clock and the event stream; at last each channel with
// its pictures, head and event rules. What cannot be known because something before it
// fails is skipped and says so. A wrong password costs one rejected login,
// and then nothing more is sent to that device.
//
// Nothing is changed on a device: only GETs are sent. (Firmware that wants a
// subscription in place of the event stream is sent that, as by any listener;
// it ends with the connection.)
//
// Each family of checks is a file, each check a function of an exam, which
// holds what earlier ones found out. Everything runs on the goroutine of the
// caller and waits by the clock alone.
package doctor
