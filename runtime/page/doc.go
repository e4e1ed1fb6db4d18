// Package page serves the page of a running host.
package page
