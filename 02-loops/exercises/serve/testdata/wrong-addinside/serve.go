// The mistake: the goroutine counts itself: Serve may look at the count before.
//
// rejected by: TestServeWaitsForWhoeverHasNotBegun: "wg.Add comes before go"
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
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		go func() {
			handlers.Add(1)
			defer handlers.Done()
			defer conn.Close()
			handle(conn)
		}()
	}
}
