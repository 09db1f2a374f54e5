// The mistake: ten workers take the calls: the eleventh caller waits.
//
// rejected by: TestServeLetsNobodyWait: "300 handlers at work at once"
package serve

import (
	"errors"
	"net"
	"sync"
)

func Serve(ln net.Listener, handle func(net.Conn)) error {
	calls := make(chan net.Conn)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer close(calls)
	for range 10 {
		workers.Go(func() {
			for conn := range calls {
				handle(conn)
				conn.Close()
			}
		})
	}
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		calls <- conn
	}
}
