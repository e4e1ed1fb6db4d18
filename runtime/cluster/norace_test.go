//go:build !race

package cluster

const raceDetected = false
