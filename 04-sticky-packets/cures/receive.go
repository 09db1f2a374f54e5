package cures

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	sticky "example.com/dialtone/04-sticky-packets"
)

// end is nil for the end of the stream: most of these do not know better.
func end(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

func readFrames(conn *net.TCPConn) (got [][]byte, err error) {
	r := sticky.NewReader(conn, Max)
	for {
		p, err := r.Next()
		if err != nil {
			return got, end(err)
		}
		got = append(got, bytes.Clone(p))
	}
}

// oneRead takes whatever one Read brings for one message.
func oneRead(size int) func(*net.TCPConn) ([][]byte, error) {
	return func(conn *net.TCPConn) (got [][]byte, err error) {
		buf := make([]byte, size)
		for {
			n, err := conn.Read(buf)
			if n > 0 {
				got = append(got, bytes.Clone(buf[:n]))
			}
			if err != nil {
				return got, end(err)
			}
		}
	}
}

// busy is a reader who does something else first: a garbage collection, a
// slow disk, another process.
func busy(receive func(*net.TCPConn) ([][]byte, error)) func(*net.TCPConn) ([][]byte, error) {
	return func(conn *net.TCPConn) ([][]byte, error) {
		time.Sleep(5 * time.Millisecond)
		return receive(conn)
	}
}

func sayOK(conn *net.TCPConn) (got [][]byte, err error) {
	buf := make([]byte, Max)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return got, end(err)
		}
		got = append(got, bytes.Clone(buf[:n]))
		if _, err := conn.Write([]byte("ok")); err != nil {
			return got, err
		}
	}
}

// newReaders throws away, with each bufio.Reader, what it had read ahead.
func newReaders(conn *net.TCPConn) (got [][]byte, err error) {
	for {
		line, err := bufio.NewReader(conn).ReadBytes('\n')
		if err != nil {
			return got, end(err)
		}
		got = append(got, bytes.TrimSuffix(line, []byte("\n")))
	}
}

// oneReadBody trusts one Read to fill the buffer. The rest of it stays
// zero, the error is nil, and the next prefix is read out of the middle.
func oneReadBody(conn *net.TCPConn) (got [][]byte, err error) {
	prefix := make([]byte, sticky.PrefixSize)
	for {
		if _, err := io.ReadFull(conn, prefix); err != nil {
			return got, end(err)
		}
		n := binary.BigEndian.Uint32(prefix)
		if n > Max {
			return got, sticky.ErrTooLarge
		}
		body := make([]byte, n)
		if _, err := conn.Read(body); err != nil {
			return got, end(err)
		}
		got = append(got, body)
	}
}

var errSpins = errors.New("spins: nothing that it calls reads any more")

// peekBuffered is copied from repository to repository. Buffered only
// counts, it never reads; and Peek(4) is content with the four bytes that
// are there. So a frame that is not there whole is never completed, least
// of all one that is longer than the buffer.
func peekBuffered(conn *net.TCPConn) (got [][]byte, err error) {
	r := bufio.NewReader(conn)
	for tries := 0; tries < 1000; tries++ { // the originals try for ever
		prefix, err := r.Peek(sticky.PrefixSize)
		if err != nil {
			return got, end(err)
		}
		whole := sticky.PrefixSize + int(binary.BigEndian.Uint32(prefix))
		if r.Buffered() < whole {
			continue
		}
		frame := make([]byte, whole)
		r.Read(frame)
		got = append(got, frame[sticky.PrefixSize:])
		tries = 0
	}
	return got, errSpins
}
