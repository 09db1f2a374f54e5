package loops

import (
	"context"
	"net"
)

// ServeSequential is the connection loop of the source: it serves one
// client, and only when that has ended the next. Meanwhile the others wait
// in the accept queue; a silent client makes all of them wait. It ends as
// Serve does, but closes the connection in progress at once.
func (s *Server) ServeSequential(ctx context.Context, ln net.Listener) error {
	defer ln.Close()
	conns, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(ctx, func() {
		ln.Close() // before anybody is sent away
		cut()
	})()
	for {
		conn, err := accept(ctx, ln)
		if ctx.Err() != nil && err != nil {
			return nil
		}
		if err != nil {
			return err
		}
		s.serveConn(conns, conn)
	}
}
