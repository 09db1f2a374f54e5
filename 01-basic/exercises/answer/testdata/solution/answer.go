// Package answer is the server's half of one call.
package answer

import (
	"fmt"
	"io"
	"net"
)

// Answer takes one call from ln, hears the caller to the end, says reply
// and hangs up. It returns what the caller has said, so far if the line
// breaks. The listener stays open.
func Answer(ln net.Listener, reply string) (string, error) {
	conn, err := ln.Accept()
	if err != nil {
		return "", err
	}
	defer conn.Close()

	// The caller's end of file is the end of its word; ReadAll reads up to
	// it, and returns what came before any other error.
	word, err := io.ReadAll(conn)
	if err != nil {
		return string(word), fmt.Errorf("hear: %w", err)
	}
	if _, err := io.WriteString(conn, reply); err != nil {
		return string(word), fmt.Errorf("reply: %w", err)
	}
	return string(word), nil
}
