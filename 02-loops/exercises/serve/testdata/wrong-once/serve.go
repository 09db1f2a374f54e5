// The mistake: one call is answered, and then Serve is over.
//
// rejected by: TestServeAnswersEverybody: "one call was taken for all"
package serve

import (
	"errors"
	"net"
)

func Serve(ln net.Listener, handle func(net.Conn)) error {
	conn, err := ln.Accept()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	if err != nil {
		return err
	}
	defer conn.Close()
	handle(conn)
	return nil
}
