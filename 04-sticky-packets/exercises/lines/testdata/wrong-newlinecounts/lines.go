// The mistake: The newline is counted too: a line of exactly max bytes is refused.
//
// rejected by: TestReadLineLimit: "the newline does not count"
package lines

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

var ErrTooLong = errors.New("line too long")

func ReadLine(r *bufio.Reader, max int) (string, error) {
	var line []byte
	for {
		piece, err := r.ReadSlice('\n')
		line = append(line, piece...)
		n := len(line)
		switch {
		case n > max:
			return "", fmt.Errorf("%w: the maximum is %d bytes", ErrTooLong, max)
		case err == nil:
			return string(line[:n-1]), nil
		case err == bufio.ErrBufferFull:
		case err == io.EOF && n > 0:
			return "", io.ErrUnexpectedEOF
		default:
			return "", err
		}
	}
}
