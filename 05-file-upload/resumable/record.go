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

// A Record is what became of one file.
type Record struct {
	Client net.Addr
	Offer  Offer
	Stored string // the name that it has now
	Offset int64  // where it was resumed
	Moved  int64  // bytes received, from Offset on
	Digest string // in hex, of all of it
	Began  time.Time
	Took   time.Duration
	Err    error
}

// String is a line for a log.
func (r Record) String() string {
	h := r.Offer
	switch {
	case h.Name == "" && (errors.Is(r.Err, upload.ErrHeader) || errors.Is(r.Err, upload.ErrName)):
		return fmt.Sprintf("%v: sent a header that is refused: %v", r.Client, r.Err)
	case h.Name == "":
		return fmt.Sprintf("%v: sent no header: %v", r.Client, r.Err)
	}
	if how := r.lost(); how != "" {
		line := fmt.Sprintf("%v: lost %s at %v: %s", r.Client, upload.Show(h.Name), Size(r.Offset+r.Moved), how)
		if h.resumable() && r.Offset+r.Moved > 0 {
			line += "; its next try may go on from there"
		}
		return line
	}
	if r.Err != nil {
		return fmt.Sprintf("%v: refused %s after %v: %v", r.Client, upload.Show(h.Name), Size(r.Offset+r.Moved), upload.Plain(r.Err))
	}
	return fmt.Sprintf("%v: stored %s, %s", r.Client, moved(r.Stored, h.Size, r.Offset, r.Moved, r.Took), proof(h.Digest, r.Digest))
}

// moved says what came, how fast, and where it was resumed.
func moved(name string, size, offset, moved int64, took time.Duration) string {
	rate := Size(float64(moved) / max(took, time.Microsecond).Seconds())
	line := fmt.Sprintf("%s, %v in %v, %v/s", upload.Show(name), Size(size), took.Round(time.Millisecond), rate)
	if offset > 0 {
		line += fmt.Sprintf(", resumed at %v", Size(offset))
	}
	return line
}

// lost says how the client was lost, "" if it was not: a connection
// that ends in the middle of a file is no refusal.
func (r Record) lost() string {
	_, network := errors.AsType[*net.OpError](r.Err)
	switch {
	case errors.Is(r.Err, io.ErrUnexpectedEOF):
		return "the client closed"
	case network && !errors.Is(r.Err, os.ErrDeadlineExceeded):
		return "the connection broke"
	}
	return ""
}

func proof(kind, digest string) string {
	if digest == "" {
		return "no digest"
	}
	return kind + " " + digest
}

// A Receipt is what became of a file that was sent.
type Receipt struct {
	Name   string
	Size   int64
	Offset int64 // where it was resumed
	Took   time.Duration
	Digest string // what both ends computed, in hex
	kind   string // its name
	Stored bool   // the server said so; in protocol 1 it says nothing
}

// String is a line for whoever sent it.
func (r Receipt) String() string {
	line := moved(r.Name, r.Size, r.Offset, r.Size-r.Offset, r.Took)
	if !r.Stored {
		return "sent " + line + "; protocol 1 does not say whether it was stored"
	}
	return "stored " + line + ", " + proof(r.kind, r.Digest)
}
