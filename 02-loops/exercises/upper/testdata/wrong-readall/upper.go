// The mistake: everything is heard before anything is answered: both sides wait.
//
// rejected by: TestConverseTakesTurns: "still waiting"
package upper

import "io"

func Converse(conn io.ReadWriter) error {
	heard, err := io.ReadAll(conn)
	for i, c := range heard {
		if 'a' <= c && c <= 'z' {
			heard[i] = c - 32
		}
	}
	if _, err := conn.Write(heard); err != nil {
		return err
	}
	return err
}
