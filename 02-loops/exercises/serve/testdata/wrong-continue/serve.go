// The mistake: after an error of Accept it just tries again; an error that stays makes it spin.
//
// rejected by: TestServeReportsThatItCannotAccept: "it calls Accept again and again"
package serve

import (
	"errors"
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
			continue
		}
		handlers.Go(func() {
			defer conn.Close()
			handle(conn)
		})
	}
}
