package sticky

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
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
	ctx, fail := context.WithCancelCause(context.Background())
	defer fail(nil)
	var writers sync.WaitGroup
	for range max(c.Writers, 1) {
		writers.Go(func() {
			for line := range lines {
				x.expect(1)
				x.SetWriteDeadline(time.Now().Add(c.Timeout))
				if err := WriteFrame(x, line, c.MaxSize); err != nil {
					fail(err) // the first one counts
					return
				}
			}
		})
	}
	err := c.lines(ctx, in, lines)
	close(lines)
	writers.Wait()
	return cmp.Or(context.Cause(ctx), err)
}

// lines hands the lines of in over to the writers. The scanner's own limit
// of 64 KiB is not enough: its buffer must hold a line and its "\r\n".
func (c *Client) lines(ctx context.Context, in io.Reader, lines chan<- []byte) error {
	text := bufio.NewScanner(in)
	longest := int(min(uint64(c.MaxSize), math.MaxInt-2))
	text.Buffer(nil, longest+2)
	n := 1
	for ; text.Scan() && len(text.Bytes()) <= longest; n++ {
		select {
		case lines <- bytes.Clone(text.Bytes()):
		case <-ctx.Done():
			return nil
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
