//go:build !linux

package main

import "time"

// clock is the time on the wall: measure on a machine that has nothing
// else to do.
func clock() time.Duration { return time.Since(began) }

var began = time.Now()

const clockName = "time"
