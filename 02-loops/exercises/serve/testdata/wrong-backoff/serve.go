// The mistake: out of descriptors it tries again, which is not asked for here.
//
// rejected by: TestServeReportsThatItCannotAccept: "Accept was tried again"
package serve

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

func Serve(ln net.Listener, handle func(net.Conn)) error {
	var handlers sync.WaitGroup
	defer handlers.Wait()
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if errors.Is(err, syscall.EMFILE) {
			time.Sleep(5 * time.Millisecond)
			continue
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
