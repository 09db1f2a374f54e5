package sticky

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"
)

// send sends the lines of in, each as a frame. All writers share the one
// connection and need no lock for it: a frame is one Write, and a Write on
// a connection is whole. With prefix and payload in two Writes another
// writer's bytes would get between them.
func (c *Client) send(x *exchange, in io.Reader) error {
	lines := make(chan []byte)
	failed := make(chan error, 1)
	var writers sync.WaitGroup
	for range max(c.Writers, 1) {
		writers.Go(func() {
			for line := range lines {
				x.expect(1)
				x.SetWriteDeadline(time.Now().Add(c.Timeout))
				if err := WriteFrame(x, line, c.MaxSize); err != nil {
					select {
					case failed <- err:
					default: // one error is enough
					}
					return
				}
			}
		})
	}
	err := c.lines(in, lines, failed)
	close(lines)
	writers.Wait()
	select {
	case failure := <-failed:
		return failure
	default:
		return err
	}
}

// lines hands the lines of in over to the writers. The scanner's own limit
// of 64 KiB is not enough: its buffer must hold a line and its "\r\n".
func (c *Client) lines(in io.Reader, lines chan<- []byte, failed <-chan error) error {
	text := bufio.NewScanner(in)
	longest := int(min(uint64(c.MaxSize), math.MaxInt-2))
	text.Buffer(nil, longest+2)
	n := 1
	for ; text.Scan() && len(text.Bytes()) <= longest; n++ {
		select {
		case lines <- bytes.Clone(text.Bytes()):
		case err := <-failed:
			return err
		}
	}
	switch err := text.Err(); {
	case errors.Is(err, bufio.ErrTooLong), len(text.Bytes()) > longest:
		return fmt.Errorf("line %d: %w: the maximum is %d bytes", n, ErrTooLarge, c.MaxSize)
	case err != nil:
		return fmt.Errorf("line %d: %w", n, err)
	}
	return nil
}
