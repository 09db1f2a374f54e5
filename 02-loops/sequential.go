package loops

import (
	"context"
	"net"
)

// ServeOneByOne is the connection loop of the source: it answers one call,
// and only when that has ended the next. Meanwhile the others wait in the
// accept queue; whoever is silent makes all of them wait, for up to
// s.Idle. It ends as Serve does, but cuts the call in progress at once.
func (s *Server) ServeOneByOne(ctx context.Context, ln net.Listener) error {
	defer ln.Close()
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	for {
		conn, err := accept(ctx, ln)
		if ctx.Err() != nil && err != nil {
			return nil
		}
		if err != nil {
			return err
		}
		s.talk(ctx, conn)
	}
}
