// The mistake: The clean end is called a cut.
//
// rejected by: TestReadLine: "the end between two lines is no failure"
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
		if err == nil {
			n--
		}
		switch {
		case n > max:
			return "", fmt.Errorf("%w: the maximum is %d bytes", ErrTooLong, max)
		case err == nil:
			return string(line[:n]), nil
		case err == bufio.ErrBufferFull:
		case err == io.EOF:
			return "", io.ErrUnexpectedEOF
		default:
			return "", err
		}
	}
}
