// The mistake: ReadString has no limit: the line is measured when all of it is there.
//
// rejected by: TestReadLineOfSomebodyWhoNeverEndsIt: "the line is collected first and measured afterwards"
package lines

import (
	"bufio"
	"errors"
	"io"
)

var ErrTooLong = errors.New("line too long")

func ReadLine(r *bufio.Reader, max int) (string, error) {
	line, err := r.ReadString('\n')
	if err == io.EOF && line != "" {
		return "", io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", err
	}
	if len(line)-1 > max {
		return "", ErrTooLong
	}
	return line[:len(line)-1], nil
}
