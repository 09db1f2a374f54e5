// The mistake: a defer in the loop runs when Serve returns: every connection stays open until then.
//
// rejected by: TestServeHangsUpAtOnce: "closed only when Serve ends"
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
		defer conn.Close()
		handlers.Go(func() { handle(conn) })
	}
}
