package wire

import (
	"sync/atomic"
	"time"
)

// Faults are what an exchange does to the segments that it copies. A nil one
// copies them all.
type Faults struct {
	Lose     func(n int, s Segment) bool // the n-th of all, from 1, is lost; may be nil
	Delay    time.Duration               // of each segment, either way
	CutAfter time.Duration               // then nothing arrives any more; 0: no such moment

	cut atomic.Bool
}

// Cut pulls the cable, now.
func (f *Faults) Cut() { f.cut.Store(true) }
