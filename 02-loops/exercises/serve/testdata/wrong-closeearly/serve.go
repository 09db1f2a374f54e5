// The mistake: the connection is closed by the loop, while the handler works.
//
// rejected by: TestServeHangsUp: "Close belongs to the goroutine of the call"
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
		handlers.Go(func() { handle(conn) })
		conn.Close()
	}
}
