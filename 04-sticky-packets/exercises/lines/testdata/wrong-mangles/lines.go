// The mistake: The line goes through []rune: bytes that are no UTF-8 become U+FFFD.
//
// rejected by: TestReadLine: "what is no UTF-8 is not repaired"
package lines

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// ErrTooLong is for a line of more than max bytes.
var ErrTooLong = errors.New("line too long")

// ReadLine reads the next line, of at most max bytes, without its newline.
// The error is io.EOF only between two lines, io.ErrUnexpectedEOF inside.
func ReadLine(r *bufio.Reader, max int) (string, error) {
	var line []byte
	for {
		// The piece is r's own memory, good until the next read.
		piece, err := r.ReadSlice('\n')
		line = append(line, piece...)
		n := len(line)
		if err == nil {
			n-- // the newline
		}
		switch {
		case n > max:
			return "", fmt.Errorf("%w: the maximum is %d bytes", ErrTooLong, max)
		case err == nil:
			return string([]rune(string(line[:n]))), nil
		case err == bufio.ErrBufferFull:
			// r holds no more; there is more of the line
		case err == io.EOF && n > 0:
			return "", io.ErrUnexpectedEOF
		default:
			return "", err
		}
	}
}
