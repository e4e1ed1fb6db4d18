// Package cluster is what makes a host one of several that run one site: which
// share it holds, from which release, and what the others hold.
package cluster
