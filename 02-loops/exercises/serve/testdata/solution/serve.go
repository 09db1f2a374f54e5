// Package serve is the connection loop.
package serve

import (
	"errors"
	"fmt"
	"net"
	"sync"
)

// Serve answers the calls that come to ln, each on a goroutine of its own,
// until ln is closed; then it waits for the handlers and returns nil.
// Another error of Accept ends it as well and is returned.
func Serve(ln net.Listener, handle func(net.Conn)) error {
	var handlers sync.WaitGroup
	defer handlers.Wait()
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			// To go on would be to spin: Accept fails at once, every time.
			return fmt.Errorf("accept: %w", err)
		}
		handlers.Go(func() {
			defer conn.Close()
			handle(conn)
		})
	}
}
