// Package web is what requests to web servers have in common, those of scripts
// and those of notifications: bodies that are sent piece by piece, so that a
// picture lies in memory once, and what an operator is told when no answer
// comes.
package web
