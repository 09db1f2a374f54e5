//go:build linux && race

package upload

const raceDetector = true
