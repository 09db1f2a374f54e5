package sticky

import (
	"errors"
	"io"
	"net"
	"time"
)

// A Client sends the lines that it reads, each as one message, and prints
// the answers, each as one line.
type Client struct {
	// MaxSize is the longest line and the longest answer, in bytes.
	MaxSize uint32
	// Timeout, above 0, is how long to wait for an answer that is due.
	Timeout time.Duration
	// Writers is how many goroutines send, at least 1. With several the
	// lines go out in any order; each stays whole.
	Writers int
}

// Exchange sends every line of in, empty ones too, without its line
// ending, and prints every answer to out while it goes on sending: so
// neither side can fill the other's buffers and wait for ever. At the end
// of in it half-closes, and reads until the server closes too. It holds a
// line for each writer and one answer, however long in is.
//
// A server that closes before that is io.ErrUnexpectedEOF, a line too long
// is ErrTooLarge (the answers to those before it are printed first). After
// an error Exchange does not wait for in: a goroutine may still read it
// and send, so use neither in nor conn again, and close both. It leaves
// conn open, and its last deadline set.
func (c *Client) Exchange(conn net.Conn, in io.Reader, out io.Writer) error {
	x := &exchange{Conn: conn, timeout: c.Timeout}
	sent := make(chan error, 1)
	go func() {
		err := c.send(x, in)
		sent <- err
		x.finish()
	}()
	answers := NewReader(conn, c.MaxSize)
	var line []byte
	for {
		p, err := answers.Next()
		if err != nil {
			return x.end(err, sent)
		}
		if x.expect(-1) < 0 {
			return errUnasked
		}
		line = append(append(line[:0], p...), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
}

var errUnasked = errors.New("read: an answer that was not asked for")
