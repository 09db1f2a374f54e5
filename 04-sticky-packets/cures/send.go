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

func frames(conn *net.TCPConn, messages [][]byte) error {
	for _, m := range messages {
		if err := sticky.WriteFrame(conn, m, Max); err != nil {
			return err
		}
	}
	return nil
}

// noDelay switches Nagle's algorithm off (Go's default) or on. It decides
// when bytes leave, not where a Read ends.
func noDelay(on bool) func(*net.TCPConn, [][]byte) error {
	return func(conn *net.TCPConn, messages [][]byte) error {
		conn.SetNoDelay(on)
		for _, m := range messages {
			if _, err := conn.Write(m); err != nil {
				return err
			}
		}
		return nil
	}
}

// sleeping gives each message time to be read alone, if anybody reads.
func sleeping(conn *net.TCPConn, messages [][]byte) error {
	for _, m := range messages {
		if _, err := conn.Write(m); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

// waitForOK sends a message only after the one before it was confirmed.
// That keeps messages from being glued, for the price of a round trip each.
// It does not keep one from being cut.
func waitForOK(conn *net.TCPConn, messages [][]byte) error {
	ok := make([]byte, 2)
	for _, m := range messages {
		if _, err := conn.Write(m); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, ok); err != nil {
			return err
		}
	}
	return nil
}

func lines(conn *net.TCPConn, messages [][]byte) error {
	return noDelay(true)(conn, bytes.SplitAfter(append(bytes.Join(messages, []byte("\n")), '\n'), []byte("\n")))
}

// writers sends the messages from four goroutines at once.
func writers(messages [][]byte, send func(m []byte) error) error {
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for w := range errs {
		wg.Go(func() {
			for i := w; i < len(messages) && errs[w] == nil; i += len(errs) {
				errs[w] = send(messages[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func manyWriters(conn *net.TCPConn, messages [][]byte) error {
	return writers(messages, func(m []byte) error { return sticky.WriteFrame(conn, m, Max) })
}

// twoWrites lets the writers' prefixes and payloads mix.
func twoWrites(conn *net.TCPConn, messages [][]byte) error {
	return writers(messages, func(m []byte) error {
		conn.Write(binary.BigEndian.AppendUint32(nil, uint32(len(m))))
		_, err := conn.Write(m)
		return err
	})
}
