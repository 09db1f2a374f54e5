// The mistake: ReadLine (the one of bufio) gives long lines in pieces; the first one is taken for the line.
//
// rejected by: TestReadLine: "comes in several pieces"
package lines

import (
	"bufio"
	"errors"
)

var ErrTooLong = errors.New("line too long")

func ReadLine(r *bufio.Reader, max int) (string, error) {
	line, _, err := r.ReadLine()
	if err != nil {
		return "", err
	}
	if len(line) > max {
		return "", ErrTooLong
	}
	return string(line), nil
}
