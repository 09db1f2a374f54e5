// The mistake: it closes the listener, which is its owner's.
//
// rejected by: TestServeReportsThatItCannotAccept: "ln closed"
package serve

import (
	"errors"
	"fmt"
	"net"
	"sync"
)

func Serve(ln net.Listener, handle func(net.Conn)) error {
	defer ln.Close()
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
			defer conn.Close()
			handle(conn)
		})
	}
}
