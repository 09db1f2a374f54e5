// The mistake: the error is looked at before the bytes that came with it.
//
// rejected by: TestConverseAnswersWhatCameWithTheError: "first buf[:n], then err"
package upper

import "io"

func Converse(conn io.ReadWriter) error {
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i, c := range buf[:n] {
			if 'a' <= c && c <= 'z' {
				buf[i] = c - 32
			}
		}
		if _, err := conn.Write(buf[:n]); err != nil {
			return err
		}
	}
}
