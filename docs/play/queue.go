package main

import (
	"sync"
	"time"

	"example.com/dialtone/docs/ladder"
)

// queue hands events from the players to whoever draws, who may be slow:
// put never waits.
type queue struct {
	mu     sync.Mutex
	events []ladder.Event
	closed bool
	news   chan struct{} // holds one: something changed
}

func newQueue() *queue { return &queue{news: make(chan struct{}, 1)} }

func (q *queue) put(e ladder.Event) {
	q.mu.Lock()
	q.events = append(q.events, e)
	q.mu.Unlock()
	q.tell()
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.tell()
}

func (q *queue) tell() {
	select {
	case q.news <- struct{}{}:
	default:
	}
}

// get gives the next event. If there is none within patience, ok is false;
// more says whether there may be one later.
func (q *queue) get(patience time.Duration) (e ladder.Event, ok, more bool) {
	late := time.After(patience)
	for {
		q.mu.Lock()
		if len(q.events) > 0 {
			e, q.events = q.events[0], q.events[1:]
			q.mu.Unlock()
			return e, true, true
		}
		closed := q.closed
		q.mu.Unlock()
		if closed {
			return e, false, false
		}
		select {
		case <-q.news:
		case <-late:
			return e, false, true
		}
	}
}
