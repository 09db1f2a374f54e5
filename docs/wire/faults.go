package wire

import (
	"sync/atomic"
	"time"
)

// Faults are what an exchange does to the segments that it copies.
type Faults struct {
	LoseNth  int                  // of those that carry more than an ACK, from 1; 0: none
	Lose     func(s Segment) bool // hears of each, and says whether it is lost; may be nil
	Delay    time.Duration        // of each segment, either way
	CutAfter time.Duration        // then nothing arrives any more; 0: no such moment

	cut atomic.Bool
}

// Cut pulls the cable, now.
func (f *Faults) Cut() { f.cut.Store(true) }

// Over says that it was pulled.
func (f *Faults) Over() bool { return f.cut.Load() }
