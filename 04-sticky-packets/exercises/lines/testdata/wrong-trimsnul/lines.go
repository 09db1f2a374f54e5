// The mistake: A NUL at the end is taken off too.
//
// rejected by: TestReadLine: "is not taken off"
package lines

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
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
			return strings.TrimRight(string(line[:n]), "\x00"), nil
		case err == bufio.ErrBufferFull:
			// r holds no more; there is more of the line
		case err == io.EOF && n > 0:
			return "", io.ErrUnexpectedEOF
		default:
			return "", err
		}
	}
}
