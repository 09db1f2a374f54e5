// The mistake: nothing waits for the handlers.
//
// rejected by: TestServeWaitsForTheLastHandler: "while the handler was at work"
package serve

import (
	"errors"
	"fmt"
	"net"
)

func Serve(ln net.Listener, handle func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		go func() {
			defer conn.Close()
			handle(conn)
		}()
	}
}
