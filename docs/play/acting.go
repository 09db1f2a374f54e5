package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"example.com/dialtone/docs/ladder"
)

// What the scenes of several lessons need.

// wait is how long anybody in a scene waits before giving up, where giving
// up is not what the scene is about.
const wait = 3 * time.Second

// loopback is a phone with a number of its own.
func loopback() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

// phone is loopback, recorded as who's.
func phone(r *ladder.Recorder, who string) (net.Listener, error) {
	return r.Listen(who, "127.0.0.1:0", loopback)
}

// both runs the two ends at the same time and waits for both.
func both(server, client func() error) error {
	done := make(chan error, 1)
	go func() { done <- server() }()
	clientErr := client()
	serverErr := <-done
	if serverErr != nil {
		serverErr = fmt.Errorf("server: %w", serverErr)
	}
	if clientErr != nil {
		clientErr = fmt.Errorf("client: %w", clientErr)
	}
	return errors.Join(serverErr, clientErr)
}

// hold lets time pass, as part of the scene.
func hold(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// played is the recording of the last scene.
func (s *stage) played() []ladder.Event {
	if len(s.scenes) == 0 {
		return nil
	}
	return s.scenes[len(s.scenes)-1].events
}

// find gives the events of one kind by one side.
func find(ev []ladder.Event, who string, k ladder.Kind) []ladder.Event {
	var found []ladder.Event
	for _, e := range ev {
		if e.Who == who && e.Kind == k {
			found = append(found, e)
		}
	}
	return found
}
