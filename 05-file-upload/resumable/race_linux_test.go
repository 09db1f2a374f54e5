//go:build linux && race

package resumable

const raceDetector = true
