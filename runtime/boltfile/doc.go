// Package boltfile opens the bbolt files of a site so that a damaged one is an
// error. bbolt itself trusts its file: it panics, faults in its mapping, goes
// round in circles, or finds less than there is.
//
//	Examine ──► the file is whole: bolt.DB to read it by, and its last transaction
//	Open    ──► bolt.DB, for one process at a time
//	Guard   ──► whatever bbolt does wrong inside is an error
//
// What Examine refuses and IsDamage tells from a passing fault is renamed by
// SetAside and begun anew. bbolt has checksums for its first two pages only;
// Seal gives each entry one.
package boltfile
