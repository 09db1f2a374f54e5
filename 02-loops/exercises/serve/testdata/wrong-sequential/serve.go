// The mistake: one caller after another: the second waits until the first hangs up.
//
// rejected by: TestServeLetsNobodyWait: "each call needs a goroutine of its own"
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
		handle(conn)
		conn.Close()
	}
}
