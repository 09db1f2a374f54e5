// Package basic is lesson 1: one telephone call. A server answers, talks
// and hangs up; a client dials, listens and hangs up. It mirrors sections
// 1 to 5 of the source.
package basic

import (
	"fmt"
	"io"
	"net"
	"time"
)

const (
	// Greeting is what the server says: 11 bytes.
	Greeting = "hello baby~"
	// Times is how often it says so: 31 × 11 = 341 bytes.
	Times = 31
	// MaxWord is the most bytes of a word that the server will hear.
	MaxWord = 1024
)

// ListenToMe answers one call on ln, says Greeting Times times, hangs up
// and switches off. The call may last as long as patience; on TCP it does
// not come to that: 341 bytes find room in the buffers on the way, whether
// the caller listens or not. (Source, 5.1.)
func ListenToMe(ln net.Listener, patience time.Duration) error {
	defer ln.Close()
	conn, err := ln.Accept()
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	defer conn.Close()
	// An absolute moment, not a span: it holds for the whole call.
	conn.SetDeadline(time.Now().Add(patience))
	for range Times {
		if _, err := io.WriteString(conn, Greeting); err != nil {
			return fmt.Errorf("speak: %w", err)
		}
	}
	return nil
}

// Answer answers one call on ln, hears one word (at most MaxWord bytes),
// says it back once, hangs up and switches off. A caller who hangs up
// without a word is io.EOF, one who is silent longer than patience is a
// timeout. (The server that source 5.2 calls and never shows.)
func Answer(ln net.Listener, patience time.Duration) error {
	defer ln.Close()
	conn, err := ln.Accept()
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	// NOTE: one Read is a guess at where the word ends. It holds for a
	// short word and an idle line; lesson 4 is about when it does not.
	word := make([]byte, MaxWord)
	n, err := conn.Read(word)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if _, err := fmt.Fprintf(conn, "you said %s", word[:n]); err != nil {
		return fmt.Errorf("speak: %w", err)
	}
	return hangUp(conn)
}

// hangUp says that we have said all, and hears the caller out before it
// puts the phone down. Closing with bytes unread would slam it: what of
// the answer has not arrived is lost then, and on some systems even what
// has arrived and was not read.
func hangUp(conn net.Conn) error {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		if err := half.CloseWrite(); err != nil {
			return fmt.Errorf("half-close: %w", err)
		}
		// Whoever talks on past a megabyte is cut off. That he may be
		// slamming the phone on us is no failure: he has our answer.
		io.Copy(io.Discard, io.LimitReader(conn, 1<<20))
	}
	return conn.Close()
}
