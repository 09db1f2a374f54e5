// The mistake: The piece before the end of the stream passes for a line.
//
// rejected by: TestReadLineTellsTheEnds: "a piece of a line passes for a line"
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
		case err == io.EOF && n > 0:
			return string(line), nil
		default:
			return "", err
		}
	}
}
