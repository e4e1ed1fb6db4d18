// Package rehearsal runs a site in virtual time, against devices in memory, and
// keeps what happened: the same runtime and luaapi as a host's, with another
// clock, other transports and a scratch folder in the place of data/.
package rehearsal
