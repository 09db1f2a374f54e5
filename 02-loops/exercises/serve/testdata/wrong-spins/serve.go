// The mistake: no error of Accept is looked at: a closed listener makes it spin.
//
// rejected by: TestServeOverTCP: "is tried again and again"
package serve

import (
	"net"
	"sync"
)

func Serve(ln net.Listener, handle func(net.Conn)) error {
	var handlers sync.WaitGroup
	defer handlers.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			continue
		}
		handlers.Go(func() {
			defer conn.Close()
			handle(conn)
		})
	}
}
