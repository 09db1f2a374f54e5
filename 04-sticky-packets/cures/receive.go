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

// A receiver gives what takes one message after another off a connection of
// its own.
type receiver func(conn *net.TCPConn) (next func() ([]byte, error))

func readFrames(conn *net.TCPConn) func() ([]byte, error) {
	return sticky.NewReader(conn, Max).Next
}

// oneRead takes whatever one Read brings for one message.
func oneRead(size int) receiver {
	return func(conn *net.TCPConn) func() ([]byte, error) {
		buf := make([]byte, size)
		return func() ([]byte, error) {
			n, err := conn.Read(buf)
			return buf[:n], err
		}
	}
}

// busy is a reader who does something else first: a garbage collection, a
// slow disk, another process.
func busy(receive receiver) receiver {
	return func(conn *net.TCPConn) func() ([]byte, error) {
		time.Sleep(5 * time.Millisecond)
		return receive(conn)
	}
}

func sayOK(conn *net.TCPConn) func() ([]byte, error) {
	next := oneRead(Max)(conn)
	return func() ([]byte, error) {
		message, err := next()
		if err == nil {
			_, err = conn.Write([]byte("ok"))
		}
		return message, err
	}
}

// newReaders throws away, with each bufio.Reader, what it had read ahead.
func newReaders(conn *net.TCPConn) func() ([]byte, error) {
	return func() ([]byte, error) {
		line, err := bufio.NewReader(conn).ReadBytes('\n')
		return bytes.TrimSuffix(line, []byte("\n")), err
	}
}

// oneReadBody trusts one Read to fill the buffer. The rest of it stays
// zero, the error is nil, and the next prefix is read out of the middle.
func oneReadBody(conn *net.TCPConn) func() ([]byte, error) {
	prefix := make([]byte, sticky.PrefixSize)
	return func() ([]byte, error) {
		if _, err := io.ReadFull(conn, prefix); err != nil {
			return nil, err
		}
		n := binary.BigEndian.Uint32(prefix)
		if n > Max {
			return nil, sticky.ErrTooLarge
		}
		body := make([]byte, n)
		_, err := conn.Read(body)
		return body, err
	}
}

var errSpins = errors.New("spins: nothing that it calls reads any more")

// peekBuffered is copied from repository to repository. Buffered only
// counts, it never reads; and Peek(4) is content with the four bytes that
// are there. So a frame that is not there whole is never completed, least
// of all one that is longer than the buffer.
func peekBuffered(conn *net.TCPConn) func() ([]byte, error) {
	r := bufio.NewReader(conn)
	return func() ([]byte, error) {
		for range 1000 { // the originals try for ever
			prefix, err := r.Peek(sticky.PrefixSize)
			if err != nil {
				return nil, err
			}
			whole := sticky.PrefixSize + int(binary.BigEndian.Uint32(prefix))
			if r.Buffered() < whole {
				continue
			}
			frame := make([]byte, whole)
			r.Read(frame)
			return frame[sticky.PrefixSize:], nil
		}
		return nil, errSpins
	}
}
