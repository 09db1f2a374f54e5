// The mistake: A new bufio.Reader for each line: what it has read ahead is lost with it.
//
// rejected by: TestReadLine: "what had been read behind the line before was lost"
package lines

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

var ErrTooLong = errors.New("line too long")

func ReadLine(r *bufio.Reader, max int) (string, error) {
	r = bufio.NewReaderSize(r, 8192)
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
			return "", io.ErrUnexpectedEOF
		default:
			return "", err
		}
	}
}
