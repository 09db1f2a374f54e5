package upload

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Why a Client could not send a file.
var (
	ErrRefused  = errors.New("the server refuses it")
	ErrNoAnswer = errors.New("the server does not answer; if it is an old one, try -protocol 1; if it is full or busy, try again later")
	ErrUnheard  = errors.New("nobody knows whether it was stored; look into the server's folder before you send it again")
)

// A Client sends files. NewClient gives one that can be left as it is.
type Client struct {
	Protocol int    // 1 or 2
	Digest   string // SHA256, CRC32C or None; for protocol 2
	Msg      string // goes with each file

	// Patience is how long a silent server is borne with.
	Patience time.Duration
	// Progress is told how many bytes of the file are on their way, those
	// of an earlier try included.
	Progress func(bytes int64)
}

// NewClient is a client of protocol 2 with SHA-256.
func NewClient() *Client {
	return &Client{
		Protocol: 2, Digest: SHA256,
		Patience: 30 * time.Second, Progress: func(int64) {},
	}
}

// Send sends src on conn under the name as. In protocol 2 it returns
// nil when the server has stored the file; in protocol 1, when the
// bytes are with the kernel (see HangUp). After an error the stream may
// be out of step: close conn.
func (c *Client) Send(conn net.Conn, src *Source, as string) (Receipt, error) {
	r := Receipt{Name: as, Size: src.Size, kind: c.Digest}
	if err := CheckName(as); err != nil {
		return r, err
	}
	// With no bytes to come the header would be all, and stored at once.
	if err := src.unchanged(); err != nil {
		return r, fmt.Errorf("%s: %w", Show(as), err)
	}
	began := time.Now()
	conn.SetWriteDeadline(began.Add(c.Patience))
	err := WriteHeader(conn, Header{
		Name: as, Size: src.Size, Msg: c.Msg, Protocol: c.Protocol,
		Modified: src.Modified.UnixNano(), Digest: c.Digest,
	})
	switch {
	case err != nil:
	case c.Protocol == 1:
		err = c.body(conn, src, &r, nil, nil)
	default:
		err = c.converse(conn, src, &r)
	}
	r.Took = time.Since(began)
	if err != nil {
		return r, fmt.Errorf("%s: %w", Show(as), err)
	}
	return r, nil
}
