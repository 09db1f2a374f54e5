package cures

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	sticky "example.com/dialtone/04-sticky-packets"
)

// A sender sends messages on a connection of its own.
type sender func(conn *net.TCPConn, messages [][]byte) error

// writes gives each message one Write, and has then done after it.
func writes(then func(conn *net.TCPConn) error) sender {
	return func(conn *net.TCPConn, messages [][]byte) error {
		for _, m := range messages {
			if _, err := conn.Write(m); err != nil {
				return err
			}
			if err := then(conn); err != nil {
				return err
			}
		}
		return nil
	}
}

func nothing(*net.TCPConn) error { return nil }

// nagle switches Nagle's algorithm on, which in Go is off. It decides when
// bytes leave, not where a Read ends.
func nagle(conn *net.TCPConn, messages [][]byte) error {
	conn.SetNoDelay(false)
	return writes(nothing)(conn, messages)
}

// sleep gives each message time to be read alone, if anybody reads.
func sleep(*net.TCPConn) error {
	time.Sleep(time.Millisecond)
	return nil
}

// readOK has a message wait until the one before it was confirmed. That
// keeps messages from being glued, for the price of a round trip each. It
// does not keep one from being cut.
func readOK(conn *net.TCPConn) error {
	_, err := io.ReadFull(conn, make([]byte, 2))
	return err
}

func lines(conn *net.TCPConn, messages [][]byte) error {
	return writes(nothing)(conn, bytes.SplitAfter(append(bytes.Join(messages, []byte("\n")), '\n'), []byte("\n")))
}

// writers sends the messages from n goroutines at once.
func writers(n int, send func(conn *net.TCPConn, m []byte) error) sender {
	return func(conn *net.TCPConn, messages [][]byte) error {
		var wg sync.WaitGroup
		errs := make([]error, n)
		for w := range errs {
			wg.Go(func() {
				for i := w; i < len(messages) && errs[w] == nil; i += n {
					errs[w] = send(conn, messages[i])
				}
			})
		}
		wg.Wait()
		return errors.Join(errs...)
	}
}

func frame(conn *net.TCPConn, m []byte) error { return sticky.WriteFrame(conn, m, Max) }

// twoWrites lets the writers' prefixes and payloads mix.
func twoWrites(conn *net.TCPConn, m []byte) error {
	conn.Write(binary.BigEndian.AppendUint32(nil, uint32(len(m))))
	_, err := conn.Write(m)
	return err
}
