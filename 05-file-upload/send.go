package upload

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// errEarly is a server that speaks before the file is over.
var errEarly = errors.New("the server answered before the end of the file")

// body sends the file from r.Offset on.
func (c *Client) body(conn net.Conn, src *Source, r *Receipt, tally *tally, v *verdict) error {
	at, err := src.File.Seek(r.Offset, io.SeekStart)
	tally.reached(at)
	c.Progress(at)
	for err == nil && at < src.Size {
		n := min(step, src.Size-at)
		if n == src.Size-at {
			// The last byte is held back until we have looked: without it
			// no server, old or new, takes the file for whole.
			if n--; n == 0 {
				if err = src.unchanged(); err != nil {
					return err
				}
				n = 1
			}
		}
		conn.SetWriteDeadline(time.Now().Add(c.Patience))
		if v.came() { // after the line above: see Server.body
			return errEarly
		}
		// From a bare *os.File into a bare *net.TCPConn this is sendfile:
		// from the page cache to the socket, inside the kernel.
		n, err = io.CopyN(conn, src.File, n)
		at += n
		tally.reached(at)
		c.Progress(at)
		if n > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
			// A slow line, but it moves. Without sendfile more was read than
			// sent: go back to where the line stands.
			_, err = src.File.Seek(at, io.SeekStart)
		}
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it had %d bytes, and ended at %d", ErrChanged, src.Size, at)
	}
	return err
}

// HangUp says that no file follows, waits until the server has hung up
// too, at most as long as patience, and closes conn. In protocol 1 this
// is all there is to learn: an error means that a file was cut off or
// refused, and nil does not mean that it was stored.
func HangUp(conn net.Conn, patience time.Duration) error {
	defer conn.Close()
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return nil // this line has one end only: Close
	}
	if err := half.CloseWrite(); err != nil {
		return err
	}
	conn.SetReadDeadline(time.Now().Add(patience))
	_, err := io.CopyN(io.Discard, conn, drain)
	if errors.Is(err, io.EOF) || errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}
