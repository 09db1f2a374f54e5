// The mistake: a hundred calls at once, and the next caller waits.
//
// rejected by: TestServeLetsNobodyWait: "300 handlers at work at once"
package serve

import (
	"errors"
	"fmt"
	"net"
	"sync"
)

func Serve(ln net.Listener, handle func(net.Conn)) error {
	var handlers sync.WaitGroup
	defer handlers.Wait()
	lines := make(chan bool, 100)
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		lines <- true
		handlers.Go(func() {
			defer func() { <-lines }()
			defer conn.Close()
			handle(conn)
		})
	}
}
