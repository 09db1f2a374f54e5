// Package echo says back what it hears.
package echo

import (
	"bufio"
	"fmt"
	"io"
)

// Most is the longest line.
const Most = 80

// A Phone has a number.
type Phone struct{ number int }

// Ring rings it.
func (p *Phone) Ring() string {
	// region bell
	if p.number > 0 {
		return "ring"
	}
	// endregion
	return ""
}

// Echo answers line by line until the caller hangs up.
func Echo(conn io.ReadWriter) error {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		fmt.Fprintf(conn, "%s!\n", lines.Text())
	}
	return lines.Err()
}
