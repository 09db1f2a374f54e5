// The mistake: the error of the closed listener comes back.
//
// rejected by: TestServeEndsWithTheListener: "a closed listener is how a server is stopped"
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
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		handlers.Go(func() {
			defer conn.Close()
			handle(conn)
		})
	}
}
