package huntsendall_test

import (
	"fmt"
	"io"
	"testing"

	"example.com/dialtone/01-basic/exercises/huntsendall"
	"example.com/dialtone/docs/grade"
)

func TestHunt(t *testing.T) {
	grade.Hunt(t, func(t *testing.T, n int) { huntsendall.Check(t, program(n)) },
		"", "takes one Write for all", "", "begins at the first byte again", "drops the error",
		"tries for ever where nothing is taken", "writes an empty p", "turns the error into text", "moves the bytes of p", "goes on after an error that comes with bytes")
}

func program(n int) func(w io.Writer, p []byte) error {
	return func(w io.Writer, p []byte) error {
		whole, sent := p, 0
		for len(p) > 0 || n == 6 {
			if n == 8 && sent > 0 {
				whole[0] = p[0]
			}
			given := p
			if n == 2 {
				given = p[:min(3, len(p))]
			}
			k, err := w.Write(given)
			switch {
			case n == 9 && k > 0:
			case err != nil && n == 4:
				return nil
			case err != nil && n == 7:
				return fmt.Errorf("send: %v", err)
			case err != nil:
				return fmt.Errorf("send: %w", err)
			case n == 1, len(p) == 0:
				return nil
			case k == 0 && n != 5:
				return io.ErrNoProgress
			}
			if sent += k; n == 3 && sent < len(whole) {
				continue
			}
			p = whole[min(sent, len(whole)):]
		}
		return nil
	}
}
