// Package peer is what the tests of this lesson share: clients and
// servers of few manners, programs that are killed, bytes that do not
// repeat.
package peer

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Timeout bounds every wait of a test's own ends.
const Timeout = 20 * time.Second

// A Peer is a client that sends what the test wants.
type Peer struct {
	*net.TCPConn
	t testing.TB
}

// Dial is a Peer connected to addr.
func Dial(t testing.TB, addr string) Peer {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(Timeout))
	return Peer{conn.(*net.TCPConn), t}
}

// Send writes each part by itself.
func (p Peer) Send(parts ...[]byte) {
	p.t.Helper()
	for _, part := range parts {
		_, err := p.Write(part)
		require.NoError(p.t, err)
	}
}

// Receives reads one frame and compares it.
func (p Peer) Receives(want string) {
	p.t.Helper()
	require.JSONEq(p.t, want, string(p.Frame()))
}

// Frame reads one frame.
func (p Peer) Frame() []byte {
	p.t.Helper()
	var prefix [4]byte
	_, err := io.ReadFull(p, prefix[:])
	require.NoError(p.t, err, "waiting for an answer")
	data := make([]byte, binary.LittleEndian.Uint32(prefix[:]))
	_, err = io.ReadFull(p, data)
	require.NoError(p.t, err)
	return data
}

// Refused reads a refusal and returns its reason.
func (p Peer) Refused() string {
	p.t.Helper()
	var a struct{ Status, Error string }
	require.NoError(p.t, json.Unmarshal(p.Frame(), &a))
	require.Equal(p.t, "refused", a.Status)
	return a.Error
}

// Closed waits for the server's end, and returns all that it still said.
func (p Peer) Closed() string {
	p.t.Helper()
	rest, err := io.ReadAll(p)
	require.NotErrorIs(p.t, err, os.ErrDeadlineExceeded, "the server does not close")
	return string(rest)
}

// Session is a client that sends the parts, ends, and returns what the server
// says until it ends too.
func Session(t testing.TB, addr string, parts ...[]byte) string {
	t.Helper()
	p := Dial(t, addr)
	defer p.Close()
	for _, part := range parts {
		p.Write(part) // it may be cut off already
	}
	p.CloseWrite()
	return p.Closed()
}

// Frame is text with its length in front.
func Frame(text string) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...)
}

// Header1 is the header of a protocol 1 client, as Python writes it.
func Header1(name string, size int64) []byte {
	return Frame(fmt.Sprintf(`{"file_name": %q, "file_size": %d, "msg": "hi"}`, name, size))
}

// Header2 is the header of a protocol 2 client.
func Header2(name string, size int64, digest string) []byte {
	return Frame(fmt.Sprintf(`{"file_name":%q,"file_size":%d,"msg":"","version":2,"modified":77,"digest":%q}`, name, size, digest))
}

// Noise is n bytes that do not repeat, the same ones for the same seed.
func Noise(seed uint64, n int) []byte {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	data := make([]byte, n)
	rand.NewChaCha8(key).Read(data)
	return data
}

// File puts data into a file and returns its path.
func File(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o666))
	return path
}

// Tree is every file below dir with what is in it, but for those in the
// folders of the names skip.
func Tree(t testing.TB, dir string, skip ...string) map[string]string {
	t.Helper()
	seen := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		switch {
		case err != nil:
			return err
		case e.IsDir() && len(skip) > 0 && e.Name() == skip[0]:
			return filepath.SkipDir
		case e.IsDir():
			return nil
		case !e.Type().IsRegular():
			seen[filepath.ToSlash(name)] = e.Type().String()
			return nil
		}
		data, err := os.ReadFile(path)
		seen[filepath.ToSlash(name)] = string(data)
		return err
	}))
	return seen
}

// A Fixture is a server on a port of its own, with a folder of its own.
type Fixture[Record any] struct {
	Addr, Dir string
	Stop      func() error
	records   chan Record
}

// Start has serve at work on a listener and the folder dir, until Stop is called
// or the test is over.
func (f *Fixture[Record]) Start(t testing.TB, dir string, serve func(context.Context, net.Listener) error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f.Addr, f.Dir, f.records = ln.Addr().String(), dir, make(chan Record, 4096)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- serve(ctx, ln) }()
	f.Stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-served:
			return err
		case <-time.After(Timeout):
			return fmt.Errorf("no return of Serve in %v", Timeout)
		}
	})
	t.Cleanup(func() { require.NoError(t, f.Stop()) })
}

// Keep is the server's Report.
func (f *Fixture[Record]) Keep(r Record) { f.records <- r }

// Record is what it reports next.
func (f *Fixture[Record]) Record(t testing.TB) (r Record) {
	t.Helper()
	select {
	case r = <-f.records:
	case <-time.After(Timeout):
		t.Fatalf("the server reported nothing in %v", Timeout)
	}
	return r
}

// Visible are the files that somebody who looks into the folder sees.
func (f *Fixture[Record]) Visible(t testing.TB) map[string]string { return Tree(t, f.Dir, waiting) }

// Unfinished are the files in the waiting room.
func (f *Fixture[Record]) Unfinished(t testing.TB) map[string]string {
	return Tree(t, filepath.Join(f.Dir, waiting))
}

const waiting = ".incoming" // upload.Waiting

// Lonely is a server that does what the test wants with its one client.
func Lonely(t testing.TB, talk func(conn net.Conn)) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(Timeout))
		talk(conn)
	}()
	t.Cleanup(func() { ln.Close(); <-done })
	return ln.Addr().String()
}
