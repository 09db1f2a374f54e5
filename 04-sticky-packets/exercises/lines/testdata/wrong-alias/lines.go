// The mistake: Pieces are kept as the reader gave them: its next read overwrites them.
//
// rejected by: TestReadLine: "each piece is good only until the next read"
package lines

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

var ErrTooLong = errors.New("line too long")

func ReadLine(r *bufio.Reader, max int) (string, error) {
	var pieces [][]byte
	n := 0
	for {
		piece, err := r.ReadSlice('\n')
		pieces = append(pieces, piece)
		n += len(piece)
		if err == nil && n-1 > max || err != nil && n > max {
			return "", ErrTooLong
		}
		if err == nil {
			line := bytes.Join(pieces, nil)
			return string(line[:n-1]), nil
		}
		if err == io.EOF && n > 0 {
			return "", io.ErrUnexpectedEOF
		}
		if err != bufio.ErrBufferFull {
			return "", err
		}
	}
}
