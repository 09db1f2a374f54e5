// Package framing measures the frames of lesson 4 beside what others use:
//
//	cd docs/bench/framing && go test -bench .
//
// It is a module of its own, so that the course does not depend on the peers.
package framing

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"

	msgio "github.com/libp2p/go-msgio"
	"github.com/smallnest/goframe"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/types/known/wrapperspb"

	sticky "example.com/dialtone/04-sticky-packets"
)

// max is the longest message that anybody allows here.
const max = 8 << 20

// peer is one way of framing.
type peer struct {
	name    string
	checks  bool   // it takes a maximum, and refuses more
	tooLong string // how a message of 16 MiB begins, or would
	encode  func(w io.Writer, p []byte) error
	receive func(r io.Reader, size int) (next func() (int, error))
}

var peers = []peer{
	// The same bytes, prefix and all, copied and not looked at.
	{"bare copy", false, "",
		func(w io.Writer, p []byte) error { return sticky.WriteFrame(w, p, max) },
		func(r io.Reader, size int) func() (int, error) {
			buf := make([]byte, sticky.PrefixSize+size)
			return func() (int, error) { n, err := io.ReadFull(r, buf); return n - sticky.PrefixSize, err }
		}},
	{"dialtone Reader", true, "\x01\x00\x00\x00",
		func(w io.Writer, p []byte) error { return sticky.WriteFrame(w, p, max) },
		func(r io.Reader, size int) func() (int, error) {
			f := sticky.NewReader(r, max)
			return func() (int, error) { p, err := f.Next(); return len(p), err }
		}},
	{"dialtone ReadFrame", true, "\x01\x00\x00\x00",
		func(w io.Writer, p []byte) error { return sticky.WriteFrame(w, p, max) },
		func(r io.Reader, size int) func() (int, error) {
			return func() (int, error) { p, err := sticky.ReadFrame(r, max); return len(p), err }
		}},
	{"bufio.Reader, Peek and Discard", true, "\x01\x00\x00\x00",
		func(w io.Writer, p []byte) error { return sticky.WriteFrame(w, p, max) },
		func(r io.Reader, size int) func() (int, error) {
			// Its limit is its buffer, and that is there from the start.
			b := bufio.NewReaderSize(r, size+4096)
			return func() (int, error) {
				prefix, err := b.Peek(4)
				if err != nil {
					return 0, err
				}
				n := binary.BigEndian.Uint32(prefix)
				if n > max {
					return 0, sticky.ErrTooLarge
				}
				frame, err := b.Peek(4 + int(n))
				if err != nil {
					return 0, err
				}
				_, err = b.Discard(len(frame))
				return int(n), err
			}
		}},
	{"bufio.Scanner, lines", true, "x",
		func(w io.Writer, p []byte) error { _, err := w.Write(append(p, '\n')); return err },
		func(r io.Reader, size int) func() (int, error) {
			s := bufio.NewScanner(r)
			s.Buffer(nil, max)
			return func() (int, error) {
				if !s.Scan() {
					return 0, errors.Join(s.Err(), io.EOF)
				}
				return len(s.Bytes()), nil
			}
		}},
	{"go-msgio", true, "\x01\x00\x00\x00",
		func(w io.Writer, p []byte) error { return msgio.NewWriter(w).WriteMsg(p) },
		func(r io.Reader, size int) func() (int, error) {
			m := msgio.NewReaderSize(r, max)
			return func() (int, error) {
				p, err := m.ReadMsg()
				n := len(p)
				m.ReleaseMsg(p)
				return n, err
			}
		}},
	{"protodelim", true, "\x80\x80\x80\x08",
		func(w io.Writer, p []byte) error { _, err := protodelim.MarshalTo(w, wrapperspb.Bytes(p)); return err },
		func(r io.Reader, size int) func() (int, error) {
			b := bufio.NewReader(r)
			var m wrapperspb.BytesValue
			options := protodelim.UnmarshalOptions{MaxSize: max}
			return func() (int, error) { err := options.UnmarshalFrom(b, &m); return len(m.Value), err }
		}},
	{"goframe", false, "\x01\x00\x00\x00",
		func(w io.Writer, p []byte) error { return frameConn(conn{w: w}).WriteFrame(p) },
		func(r io.Reader, size int) func() (int, error) {
			c := frameConn(conn{r: r})
			return func() (int, error) { p, err := c.ReadFrame(); return len(p), err }
		}},
	{"encoding/json stream", false, `{"Say":"`,
		func(w io.Writer, p []byte) error { return json.NewEncoder(w).Encode(message{string(p)}) },
		func(r io.Reader, size int) func() (int, error) {
			d := json.NewDecoder(r)
			return func() (int, error) {
				var m message
				err := d.Decode(&m)
				return len(m.Say), err
			}
		}},
}

type message struct{ Say string }

func frameConn(c net.Conn) goframe.FrameConn {
	return goframe.NewLengthFieldBasedFrameConn(
		goframe.EncoderConfig{ByteOrder: binary.BigEndian, LengthFieldLength: 4},
		goframe.DecoderConfig{ByteOrder: binary.BigEndian, LengthFieldLength: 4, InitialBytesToStrip: 4}, c)
}

// conn is as much of a net.Conn as goframe uses.
type conn struct {
	net.Conn
	r io.Reader
	w io.Writer
}

func (c conn) Read(p []byte) (int, error)  { return c.r.Read(p) }
func (c conn) Write(p []byte) (int, error) { return c.w.Write(p) }

// tape gives the same bytes again and again, from memory: what is measured
// is the framing, and not a network.
type tape struct {
	bytes []byte
	at    int
}

func (t *tape) Read(p []byte) (int, error) {
	n := copy(p, t.bytes[t.at:])
	if t.at += n; t.at == len(t.bytes) {
		t.at = 0
	}
	return n, nil
}

// play is p's way to receive messages of size bytes, from about 1 MiB of
// them, checked once.
func (p peer) play(size int) (next func() (int, error), err error) {
	payload := bytes.Repeat([]byte("dialtone"), size/8)
	var wire bytes.Buffer
	for wire.Len() < 1<<20 {
		if err := p.encode(&wire, payload[:size:size]); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	next = p.receive(&tape{bytes: wire.Bytes()}, size)
	for range 3 {
		if n, err := next(); n != size || err != nil {
			return nil, fmt.Errorf("%s: %d bytes instead of %d, %v", p.name, n, size, err)
		}
	}
	return next, nil
}

// sizes are the messages' lengths in bytes.
var sizes = []int{64, 4 << 10, 1 << 20}
