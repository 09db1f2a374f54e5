// The mistake: net.ErrClosed from Write is dropped: somebody else has hung up already.
//
// rejected by: TestAnswerReportsThatItCannotReply: "the error of Write was dropped"
package answer

import (
	"errors"
	"fmt"
	"io"
	"net"
)

func Answer(ln net.Listener, reply string) (string, error) {
	conn, err := ln.Accept()
	if err != nil {
		return "", err
	}
	defer conn.Close()
	word, err := io.ReadAll(conn)
	if err != nil {
		return string(word), fmt.Errorf("hear: %w", err)
	}
	if _, err := io.WriteString(conn, reply); err != nil && !errors.Is(err, net.ErrClosed) {
		return string(word), fmt.Errorf("reply: %w", err)
	}
	return string(word), nil
}
