// The mistake: the error of Accept is ignored, and the nil connection used.
//
// rejected by: TestAnswerReportsThatItCannotAccept: "panic: runtime error: invalid memory"
package answer

import (
	"fmt"
	"io"
	"net"
)

func Answer(ln net.Listener, reply string) (string, error) {
	conn, _ := ln.Accept()
	defer conn.Close()
	word, err := io.ReadAll(conn)
	if err != nil {
		return string(word), fmt.Errorf("hear: %w", err)
	}
	if _, err := io.WriteString(conn, reply); err != nil {
		return string(word), fmt.Errorf("reply: %w", err)
	}
	return string(word), nil
}
