package huntecho_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"

	"example.com/dialtone/02-loops/exercises/huntecho"
	"example.com/dialtone/docs/grade"
)

func TestHunt(t *testing.T) {
	grade.Hunt(t, func(t *testing.T, n int) { huntecho.Check(t, program(n)) },
		"", "", "answers the first Read only", "writes its whole buffer back", "loses bytes when Read brings an error with them",
		"takes a reset for a good end", "takes the end for an error", "goes on when nobody takes its answer", "closes conn", "takes a Read of 0 bytes for the end")
}

func program(n int) func(net.Conn) error {
	return func(conn net.Conn) error {
		if n == 8 {
			defer conn.Close()
		}
		if n == 1 {
			_, err := io.Copy(struct{ io.Writer }{conn}, struct{ io.Reader }{conn})
			return err
		}
		buf := make([]byte, 64)
		for {
			k, err := conn.Read(buf)
			if n == 4 && err != nil {
				k = 0
			}
			if k > 0 {
				answer := buf[:k]
				if n == 3 {
					answer = buf
				}
				if _, err := conn.Write(answer); err != nil && n != 7 {
					return err
				}
			}
			switch {
			case errors.Is(err, io.EOF) && n != 6, n == 9 && k == 0:
				return nil
			case n == 5 && errors.Is(err, syscall.ECONNRESET):
				return nil
			case err != nil, n == 2:
				return err
			}
		}
	}
}
