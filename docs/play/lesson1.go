package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	basic "example.com/dialtone/01-basic"
	"example.com/dialtone/docs/ladder"
)

// wait is how long anybody in lesson 1 waits before giving up.
const wait = 3 * time.Second

func lesson1(ctx context.Context, s *stage) error {
	err := s.Scene("listen-to-me", "Listen to me", "听我说", listenToMe)
	return err
}

// loopback is a phone with a number of its own.
func loopback() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

// both runs the two ends at the same time and waits for both.
func both(server, client func() error) error {
	var wg sync.WaitGroup
	var serverErr error
	wg.Go(func() { serverErr = server() })
	clientErr := client()
	wg.Wait()
	if serverErr != nil {
		return fmt.Errorf("server: %w", serverErr)
	}
	if clientErr != nil {
		return fmt.Errorf("client: %w", clientErr)
	}
	return nil
}

func listenToMe(ctx context.Context, r *ladder.Recorder) error {
	inner, err := loopback()
	if err != nil {
		return err
	}
	ln := r.Listener(inner, "server")
	return both(func() error { return basic.ListenToMe(ln, wait) }, func() error {
		conn, err := r.Dial(ctx, "client", ln.Addr().String())
		if err != nil {
			return err
		}
		defer conn.Close()
		var got bytes.Buffer
		_, err = basic.Hear(conn, wait, func(p []byte) { got.Write(p) })
		return err
	})
}
