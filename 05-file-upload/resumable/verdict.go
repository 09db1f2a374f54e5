package resumable

import (
	"io"
	"net"
	"sync/atomic"
	"time"

	upload "example.com/dialtone/05-file-upload"
)

// A verdict is the server's last answer on a file. It is read while
// the file is being sent: a server whose disk has just filled up
// refuses then, not at the end.
type verdict struct {
	conn  net.Conn
	read  chan struct{}
	early atomic.Bool
	answer
	err error
}

func awaitVerdict(conn net.Conn) *verdict {
	v := &verdict{conn: conn, read: make(chan struct{})}
	conn.SetReadDeadline(time.Time{})
	go func() {
		defer close(v.read)
		v.answer, v.err = readAnswer(conn)
		v.early.Store(true)
		conn.SetWriteDeadline(upload.Past) // wakes a Write that nobody takes
	}()
	return v
}

// came says whether there is a verdict, or never will be one.
func (v *verdict) came() bool { return v.early.Load() }

func (v *verdict) wait(timeout time.Duration) (answer, error) {
	v.conn.SetReadDeadline(time.Now().Add(timeout))
	<-v.read
	return v.answer, v.err
}

// dismiss stops reading, if it still does.
func (v *verdict) dismiss() { v.wait(0) }

// The trailer is the client's last word on a file: the digest of all of
// it, in hex, resumed part included; "" where none was agreed.
type trailer struct {
	Digest string `json:"digest"`
}

func readTrailer(r io.Reader) (digest string, err error) {
	data, err := upload.ReadFrame(r)
	if err != nil {
		return "", err
	}
	f := upload.ParseFields(data)
	digest = f.Text("digest")
	return digest, f.End()
}
