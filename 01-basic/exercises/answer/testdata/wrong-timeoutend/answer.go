// The mistake: a timeout of Read, or a connection that this side has closed, is taken for the end of the word.
//
// rejected by: TestAnswerReportsABrokenLine: "an error of Read was taken for the end"
package answer

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
)

func Answer(ln net.Listener, reply string) (string, error) {
	conn, err := ln.Accept()
	if err != nil {
		return "", err
	}
	defer conn.Close()
	word, err := io.ReadAll(conn)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, net.ErrClosed) {
		return string(word), fmt.Errorf("hear: %w", err)
	}
	if _, err := io.WriteString(conn, reply); err != nil {
		return string(word), fmt.Errorf("reply: %w", err)
	}
	return string(word), nil
}
