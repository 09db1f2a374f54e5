// Package basic is lesson 1: one connection, explained as a telephone
// call. A server answers, speaks and hangs up; a client dials, listens
// and hangs up. It mirrors sections 1 to 5 of the source. Timeouts must be
// above 0: with 0 every Read and Write fails at once.
package basic

import (
	"fmt"
	"io"
	"net"
	"time"
)

const (
	// Greeting is what the server sends: 11 bytes.
	Greeting = "hello baby~"
	// Repeats is how often it sends that: 31 × 11 = 341 bytes.
	Repeats = 31
	// MaxRequest is the most bytes of a request that the server reads.
	MaxRequest = 1024
)

// SendGreetings accepts one connection on ln, sends Greeting Repeats
// times and closes both. The connection may take as long as timeout. TCP
// never reaches this deadline: 341 bytes fit into the buffers on the way,
// whether the client reads or not. (Source, 5.1.)
func SendGreetings(ln net.Listener, timeout time.Duration) error {
	defer ln.Close()
	conn, err := ln.Accept()
	if err != nil {
		return err // net's errors say which call failed, and where
	}
	defer conn.Close()
	// A moment, not a span: it holds for the whole connection.
	conn.SetDeadline(time.Now().Add(timeout))
	for range Repeats {
		if _, err := io.WriteString(conn, Greeting); err != nil {
			return err
		}
	}
	return nil
}

// Reply accepts one connection on ln, reads one request (at most
// MaxRequest bytes), sends it back once and closes both. A client that
// closes without a request is io.EOF, one that is silent longer than
// timeout is a timeout. (The server that source 5.2 only calls.)
func Reply(ln net.Listener, timeout time.Duration) error {
	defer ln.Close()
	conn, err := ln.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(timeout))
	// NOTE: one Read is a guess at where the request ends. It holds for a
	// short one on an idle line; lesson 4 is about when it does not.
	request := make([]byte, MaxRequest)
	n, err := conn.Read(request)
	if err == io.EOF {
		return fmt.Errorf("read: %w", err) // io.EOF names no call
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "you said %s", request[:n]); err != nil {
		return err
	}
	return closeGracefully(conn)
}

// closeGracefully says that all is sent (a half-close), and reads until
// the client ends before it closes. Close with bytes unread resets the
// connection: any part of the reply not yet delivered is lost then, and
// on some systems even what is delivered and not yet read.
func closeGracefully(conn net.Conn) error {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		if err := half.CloseWrite(); err != nil {
			return err
		}
		// A client that sends more than a megabyte is cut off. If it
		// resets the connection, that is no failure: the reply is sent.
		io.Copy(io.Discard, io.LimitReader(conn, 1<<20))
	}
	return conn.Close()
}
