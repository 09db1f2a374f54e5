// The mistake: the wrapped net.ErrClosed is compared with ==.
//
// rejected by: TestServeEndsWithTheListener: "== sees the outermost error only"
package serve

import (
	"fmt"
	"net"
	"sync"
)

func Serve(ln net.Listener, handle func(net.Conn)) error {
	var handlers sync.WaitGroup
	defer handlers.Wait()
	for {
		conn, err := ln.Accept()
		if err == net.ErrClosed {
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
