// The mistake: nobody closes the connection.
//
// rejected by: TestServeHangsUp: "the connection closed afterwards"
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
		handlers.Go(func() {
			handle(conn)
		})
	}
}
