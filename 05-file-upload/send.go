package upload

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
	"unicode/utf8"
)

// A Client sends files in protocol 1. NewClient gives one that can be
// left as it is.
type Client struct {
	Msg string // goes with each file
	// Timeout is how long the server may take nothing, and say nothing;
	// above 0.
	Timeout time.Duration
	// Progress, if set, is told how many bytes of the file are on their way.
	Progress func(bytes int64)
}

// NewClient is a client that waits 30 seconds.
func NewClient() Client {
	return Client{Timeout: 30 * time.Second}
}

// Send sends src on conn under the name as. It returns nil when the
// bytes are with the kernel: see Finish. After an error close conn. It
// leaves a deadline on conn; whoever goes on with it sets another.
func (c *Client) Send(conn net.Conn, src *Source, as string) error {
	h, err := c.Announce(src, as)
	if err != nil {
		return err
	}
	conn.SetWriteDeadline(time.Now().Add(c.Timeout))
	if err := WriteFrame(conn, h); err != nil {
		return err
	}
	return SendBody(conn, src, 0, c.Timeout, func(at int64) error {
		if c.Progress != nil {
			c.Progress(at)
		}
		return nil
	})
}

// Announce is the header of src, once all is right with it.
func (c *Client) Announce(src *Source, as string) (Header, error) {
	h := Header{as, src.Size, c.Msg}
	if err := CheckName(as); err != nil {
		return h, err
	}
	// json.Marshal would put U+FFFD there, and say nothing.
	if !utf8.ValidString(c.Msg) {
		return h, fmt.Errorf("msg %.40q is not UTF-8", c.Msg)
	}
	// With no bytes to come the header would be all, and stored at once.
	return h, src.Unchanged()
}

// drain is how many bytes that nobody wants are still read.
const drain = 64 << 20

// Finish says that no file follows, waits until the server has closed
// too, at most for timeout, and closes conn. In protocol 1 this is all
// there is to learn: an error means that a file was cut off or refused,
// and nil does not mean that it was stored.
func Finish(conn net.Conn, timeout time.Duration) error {
	defer conn.Close()
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return nil // this connection has one end only: Close
	}
	if err := half.CloseWrite(); err != nil {
		return err
	}
	conn.SetReadDeadline(time.Now().Add(timeout))
	_, err := io.CopyN(io.Discard, conn, drain)
	if errors.Is(err, io.EOF) || errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}
