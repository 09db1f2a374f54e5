package sticky

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// A Client sends the lines that it reads, each as one message, and prints
// the answers, each as one line.
type Client struct {
	// MaxSize is the longest line and the longest answer, in bytes.
	MaxSize uint32
	// Patience is how long to wait for an answer that is due.
	Patience time.Duration
	// Writers is how many goroutines send, at least 1. With more than one
	// the order of the lines is anybody's guess; each stays whole.
	Writers int
}

// Talk sends every line of in, empty ones too, without its line ending,
// and prints every answer to out while it goes on sending: so neither side
// can fill the other's buffers and wait for ever. At the end of in it
// half-closes, and listens until the server hangs up too. It holds a line
// for each writer and one answer, however long in is.
//
// Answers that never come are io.ErrUnexpectedEOF or a timeout, a line too
// long is ErrTooLarge (the answers to those before it are printed first).
// After an error Talk does not wait for in: whoever is stuck in a Read of
// it stays there. It leaves conn open.
func (c *Client) Talk(conn net.Conn, in io.Reader, out io.Writer) error {
	call := &dialogue{Conn: conn, patience: c.Patience}
	said := make(chan error, 1)
	go func() {
		err := c.say(call, in)
		said <- err
		call.goodbye()
	}()
	answers := NewReader(conn, c.MaxSize)
	var line []byte
	for {
		p, err := answers.Next()
		if err == io.EOF {
			return call.end(said)
		}
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		if call.expect(-1) < 0 {
			return errUnasked
		}
		line = append(append(line[:0], p...), '\n')
		if _, err := out.Write(line); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
}

var errUnasked = errors.New("the server gave an answer that nobody asked for")

// A dialogue counts the answers that are due. Only while there are any, or
// a goodbye, has silence a limit: whoever types may think as he likes.
type dialogue struct {
	net.Conn
	patience time.Duration
	mu       sync.Mutex
	due      int
	bye      bool
}

// expect adds n to the answers that are due, and says how many that is.
func (d *dialogue) expect(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.due
	d.due += n
	switch {
	case d.due <= 0 && !d.bye:
		d.SetReadDeadline(time.Time{})
	case before <= 0 || n < 0:
		d.SetReadDeadline(time.Now().Add(d.patience))
	}
	return d.due
}

// goodbye says that we have said all: now the hang-up is due too.
func (d *dialogue) goodbye() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bye = true
	d.SetReadDeadline(time.Now().Add(d.patience))
	if half, ok := d.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}

// end judges the other side's hanging up: had all been said and answered?
func (d *dialogue) end(said <-chan error) error {
	select {
	case err := <-said:
		if due := d.expect(0); err == nil && due > 0 {
			err = fmt.Errorf("answers missing: %d (the server's terminal says why): %w", due, io.ErrUnexpectedEOF)
		}
		return err
	default:
		return fmt.Errorf("in the middle of our lines (the server's terminal says why): %w", io.ErrUnexpectedEOF)
	}
}
