// Package ask is the client's half of one call.
package ask

import (
	"fmt"
	"io"
	"net"
)

// Request calls addr, says word, ends its half of the call and returns all
// that the other side says until it hangs up. If the line breaks, what was
// heard comes with the error.
func Request(addr, word string) (string, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()

	if _, err := io.WriteString(conn, word); err != nil {
		return "", fmt.Errorf("say: %w", err)
	}
	// Close would hang up both halves, and the answer would be lost.
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return "", fmt.Errorf("end of word: %w", err)
	}
	// ReadAll reads until io.EOF and does not report it; any other error
	// comes with the bytes that came before it.
	answer, err := io.ReadAll(conn)
	if err != nil {
		return string(answer), fmt.Errorf("hear: %w", err)
	}
	return string(answer), nil
}
