// Package cluster is one host of a cluster: which shares it holds, what runs the
// devices of each, and what the hosts tell one another.
package cluster
