package resumable

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	upload "example.com/dialtone/05-file-upload"
)

// Why a Client could not send a file.
var (
	ErrRefused     = errors.New("the server refuses it")
	ErrNoAnswer    = errors.New("the server does not answer; if it is an old one, try -protocol 1; if it is full or busy, try again later")
	ErrUnconfirmed = errors.New("nobody knows whether it was stored; look into the server's folder before you send it again")
	errEarly       = errors.New("the server answered before the end of the file")
)

// A Client sends files in protocol 2. NewClient gives one that can be
// left as it is.
type Client struct {
	upload.Client
	Digest string // SHA256, CRC32C or None
}

// NewClient is a client with SHA-256.
func NewClient() *Client { return &Client{upload.NewClient(), SHA256} }

// Send sends src on conn under the name as. It returns nil when the
// server has stored the file. After an error the stream may be out of
// step: close conn. It leaves deadlines on conn; another Send sets its
// own.
func (c *Client) Send(conn net.Conn, src *upload.Source, as string) (Receipt, error) {
	began := time.Now()
	r := Receipt{Name: as, Size: src.Size, kind: c.Digest}
	h, err := c.Announce(src, as)
	if err != nil {
		return r, err
	}
	conn.SetWriteDeadline(began.Add(c.Timeout))
	err = upload.WriteFrame(conn, Offer{h, 2, src.Modified.UnixNano(), c.Digest})
	if err == nil {
		r.Offset, err = c.awaitGo(conn, src.Size)
	}
	if err == nil {
		err = c.sendFrom(conn, src, &r)
	}
	r.Took = time.Since(began)
	return r, err
}

// awaitGo reads the server's first answer: from where to send.
func (c *Client) awaitGo(conn net.Conn, size int64) (offset int64, err error) {
	conn.SetReadDeadline(time.Now().Add(c.Timeout))
	a, err := readAnswer(conn)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, os.ErrDeadlineExceeded):
		return 0, fmt.Errorf("%w (%v)", ErrNoAnswer, err)
	case errors.Is(err, upload.ErrHeader):
		return 0, fmt.Errorf("%w; is that an upload server, and -addr right?", err)
	case err != nil:
		return 0, err
	case a.Status == "refused":
		return 0, a.refusal()
	case a.Status != "send":
		return 0, upload.Bad("the server answers %q, want send", a.Status)
	case *a.Offset < 0, *a.Offset > size:
		return 0, upload.Bad("the server answers offset %d of %d", *a.Offset, size)
	}
	return *a.Offset, nil
}

// sendFrom sends the file from r.Offset on, and the digest of all of
// it, and waits for the server's verdict.
func (c *Client) sendFrom(conn net.Conn, src *upload.Source, r *Receipt) error {
	verdict := awaitVerdict(conn)
	defer verdict.dismiss()
	tally := newTally(src.File, c.Digest)
	defer tally.stop()
	err := upload.SendBody(conn, src, r.Offset, c.Timeout, func(at int64) error {
		tally.reached(at)
		if c.Progress != nil {
			c.Progress(at)
		}
		if verdict.came() {
			return errEarly
		}
		return nil
	})
	if err == nil {
		r.Digest, err = tally.sum()
	}
	if err == nil {
		err = src.Unchanged()
	}
	if err == nil {
		conn.SetWriteDeadline(time.Now().Add(c.Timeout))
		err = upload.WriteFrame(conn, trailer{r.Digest})
	}
	if errors.Is(err, upload.ErrChanged) {
		return err // not the server's doing: it waits for the rest
	}
	// Also when sending failed: there may be a reason to be read.
	timeout := c.Timeout + diskTime(src.Size)
	if err != nil {
		timeout = linger
	}
	a, unread := verdict.wait(timeout)
	switch {
	case unread == nil && a.Status == "refused":
		return a.refusal()
	case unread == nil && a.Status != "stored":
		return upload.Bad("the server answers %q, want stored", a.Status)
	case err == nil && unread != nil:
		return fmt.Errorf("%w (%v)", ErrUnconfirmed, upload.NoEOF(unread))
	case unread != nil && !errors.Is(unread, os.ErrDeadlineExceeded):
		return upload.NoEOF(unread) // it ended the connection: our trouble came of that
	}
	r.Stored = err == nil
	return err
}
