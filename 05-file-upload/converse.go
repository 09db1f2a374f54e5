package upload

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// converse is protocol 2 from the first answer on.
func (c *Client) converse(conn net.Conn, src *Source, r *Receipt) error {
	conn.SetReadDeadline(time.Now().Add(c.Patience))
	a, err := readAnswer(conn)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w (%v)", ErrNoAnswer, err)
	case errors.Is(err, ErrHeader):
		return fmt.Errorf("%w; is that an upload server, and -addr right?", err)
	case err != nil:
		return err
	case a.Status == "refused":
		return a.refusal()
	case a.Status != "send", a.Offset < 0, a.Offset > src.Size:
		return bad("the server answers %q, offset %d of %d", a.Status, a.Offset, src.Size)
	}
	r.Offset = a.Offset

	verdict := awaitVerdict(conn)
	defer verdict.dismiss()
	tally := newTally(src.File, c.Digest)
	defer tally.stop()
	err = c.body(conn, src, r, tally, verdict)
	if err == nil {
		r.Digest, err = tally.sum()
	}
	if err == nil {
		err = src.unchanged()
	}
	if err == nil {
		conn.SetWriteDeadline(time.Now().Add(c.Patience))
		err = writeFrame(conn, trailer{r.Digest})
	}
	if errors.Is(err, ErrChanged) {
		return err // not the server's doing: it waits for the rest
	}
	// Also when sending failed: there may be a reason to be read.
	patience := c.Patience + patienceFor(src.Size)
	if err != nil {
		patience = linger
	}
	a, unheard := verdict.wait(patience)
	switch {
	case unheard == nil && a.Status == "refused":
		return a.refusal()
	case unheard == nil && a.Status != "stored":
		return bad("the server answers %q, want stored", a.Status)
	case err == nil && unheard != nil:
		return fmt.Errorf("%w (%v)", ErrUnheard, noEOF(unheard))
	case unheard != nil && !errors.Is(unheard, os.ErrDeadlineExceeded):
		return noEOF(unheard) // it ended the call: our own trouble came of that
	case err != nil:
		return err
	}
	r.Stored = true
	return nil
}
