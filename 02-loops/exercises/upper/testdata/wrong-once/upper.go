// The mistake: one Read and one Write, and no loop.
//
// rejected by: TestConverseTakesTurns: "one answer was taken for the whole"
package upper

import "io"

func Converse(conn io.ReadWriter) error {
	buf := make([]byte, 1<<20)
	n, err := conn.Read(buf)
	for i, c := range buf[:n] {
		if 'a' <= c && c <= 'z' {
			buf[i] = c - 32
		}
	}
	if n > 0 {
		if _, err := conn.Write(buf[:n]); err != nil {
			return err
		}
	}
	if err == io.EOF {
		return nil
	}
	return err
}
