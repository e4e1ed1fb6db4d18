//go:build race

package runtime

// raceEnabled: everything takes ten times as long.
const raceEnabled = true
