// The mistake: every error of Accept is taken for the closed listener.
//
// rejected by: TestServeReportsThatItCannotAccept: "no error (nil)"
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
			return nil
		}
		handlers.Go(func() {
			defer conn.Close()
			handle(conn)
		})
	}
}
