package huntserve

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

var errOver = errors.New("no more callers")

// line is a listener with callers that are there already.
type line chan net.Conn

func (l line) Accept() (net.Conn, error) {
	if conn, ok := <-l; ok {
		return conn, nil
	}
	return nil, errOver
}
func (line) Close() error   { return nil }
func (line) Addr() net.Addr { return nil }

// Check fails t if serve does not keep its contract.
func Check(t *testing.T, serve func(ln net.Listener, handle func(conn net.Conn)) error) {
	const callers = 5
	ln := make(line, callers)
	var ours []net.Conn
	for range callers {
		our, theirs := net.Pipe()
		ours = append(ours, our)
		ln <- theirs
	}
	close(ln)
	meet, all := context.WithTimeout(context.Background(), 3*time.Second)
	defer all()
	var begun, ended atomic.Int32
	err := serve(ln, func(conn net.Conn) {
		if begun.Add(1) == callers {
			all()
		}
		if <-meet.Done(); meet.Err() == context.DeadlineExceeded {
			t.Error("a caller waits for another, or is lost")
		}
		time.Sleep(200 * time.Millisecond) // whoever does not wait for us returns first
		if err := conn.SetDeadline(time.Time{}); err != nil {
			t.Error("the connection is closed while it is handled")
		}
		ended.Add(1)
	})
	if n := ended.Load(); n != callers || !errors.Is(err, errOver) {
		t.Errorf("serve returned %v when %d of %d were handled", err, n, callers)
	}
	for _, our := range ours {
		our.SetDeadline(time.Now().Add(3 * time.Second))
		if _, err := io.ReadAll(our); err != nil {
			t.Fatalf("a connection is not closed: %v", err)
		}
	}
}
