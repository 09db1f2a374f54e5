//go:build race

package loops

// With the race detector everything is several times slower.
const raceEnabled = true
