// The mistake: the handlers are waited for when the listener is closed, but not when Accept fails.
//
// rejected by: TestServeWaitsForTheLastHandler: "while the handler was at work"
package serve

import (
	"errors"
	"fmt"
	"net"
	"sync"
)

func Serve(ln net.Listener, handle func(net.Conn)) error {
	var handlers sync.WaitGroup
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			handlers.Wait()
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		handlers.Go(func() {
			defer conn.Close()
			handle(conn)
		})
	}
}
