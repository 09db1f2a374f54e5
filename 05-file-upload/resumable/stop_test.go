package resumable

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

// unfinishedFile puts size bytes into dir, none of which is on the disk,
// as what has come of the file that header2 announces.
func unfinishedFile(t *testing.T, dir, name string, size int64) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a file with nothing in it takes its space on Windows all the same")
	}
	require.NoError(t, os.MkdirAll(filepath.Join(dir, upload.Waiting), 0o777))
	part := fmt.Sprintf("%x.part", sha256.Sum256(fmt.Appendf(nil, "%q %d %d", name, size, 77)))
	f, err := os.Create(filepath.Join(dir, upload.Waiting, part))
	require.NoError(t, err)
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		t.Skip("no files of this size here: ", err)
	}
}

// All of a file is there, and its digest would take an hour: a server that
// is to stop does not wait for it.
func TestStopDoesNotWaitForTheDigest(t *testing.T) {
	const size = 1 << 40
	dir := filepath.Join(t.TempDir(), "uploads")
	unfinishedFile(t, dir, "a", size)
	s := serveIn(t, dir, func(s *Server) {
		s.ShutdownTimeout, s.MaxSize, s.Folder.KeepBytes = time.Millisecond, 2*size, 2*size
	})
	p := peer.Dial(t, s.addr)
	p.Send(peer.Header2("a", size, SHA256))
	p.Receives(fmt.Sprintf(`{"status":"send","offset":%d}`, int64(size)))
	stopped := make(chan error)
	go func() { stopped <- s.stop() }()
	require.Contains(t, p.Refused(), "stopping")
	p.Close()
	require.NoError(t, <-stopped)
	require.Len(t, s.unfinished(t), 1, "it can be resumed")
}

// The grace ends between the last byte and the trailer, which never comes:
// the deadline that cut has set is not renewed.
func TestGraceEndsBeforeTheTrailer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder, err := OpenFolder(filepath.Join(t.TempDir(), "up"))
		require.NoError(t, err)
		defer folder.Close()
		s := NewServer(folder)
		var rec Record
		s.Report = func(r Record) { rec = r }
		cut, cancel := context.WithCancel(t.Context())
		ours, theirs := net.Pipe()
		defer ours.Close()
		sent := append(peer.Header2("a", 10, SHA256), "0123456789"...)
		conn := &cutConn{theirs, len(sent), cancel, make(chan struct{})}
		began := time.Now()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.session(upload.NewSession(t.Context(), cut, conn, s.Limits))
		}()
		go io.Copy(io.Discard, ours)
		ours.Write(sent)
		<-ended
		require.ErrorIs(t, rec.Err, upload.ErrStopping)
		require.LessOrEqual(t, time.Since(began), linger)
	})
}

// A cutConn has the last byte that it expects read at the moment when all
// deadlines are set to the past.
type cutConn struct {
	net.Conn
	left   int
	cancel func()
	past   chan struct{}
}

func (c *cutConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.left -= n; c.left == 0 {
		c.cancel()
		<-c.past
	}
	return n, err
}

func (c *cutConn) SetDeadline(t time.Time) error {
	defer close(c.past)
	return c.Conn.SetDeadline(t)
}

// A server that keeps files larger than the usual ones keeps their halves
// when it starts again.
func TestStartKeepsLargeHalves(t *testing.T) {
	const size = 9 << 30
	dir := filepath.Join(t.TempDir(), "uploads")
	unfinishedFile(t, dir, "a", size)
	s := serveIn(t, dir, func(s *Server) {
		s.ShutdownTimeout, s.MaxSize, s.Folder.KeepBytes = time.Millisecond, 20<<30, 20<<30
	})
	p := peer.Dial(t, s.addr)
	p.Send(peer.Header2("a", size, SHA256))
	p.Receives(fmt.Sprintf(`{"status":"send","offset":%d}`, int64(size)))
}
