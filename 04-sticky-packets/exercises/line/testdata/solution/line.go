package line

import (
	"bufio"
	"io"
	"strings"
)

// Line returns the next line, without its newline.
func Line(r *bufio.Reader) (string, error) {
	s, err := r.ReadString('\n')
	if err == io.EOF && s != "" {
		err = io.ErrUnexpectedEOF
	}
	return strings.TrimSuffix(s, "\n"), err
}
