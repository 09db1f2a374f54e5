package upload

import (
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the program advises when the server falls silent or hangs up, at
// each stage.
func TestProgramAdvises(t *testing.T) {
	t.Parallel()
	const size = 64 << 20 // more than the kernels of both ends hold
	path := file(t, "a", make([]byte, size))
	hears := func(n int64, trailer bool) func(net.Conn) {
		return func(conn net.Conn) {
			ReadHeader(conn)
			writeAnswer(conn, answer{Status: "send"})
			io.CopyN(io.Discard, conn, n)
			if trailer {
				readTrailer(conn)
			}
		}
	}
	const noAnswer = `^client: "a": the server does not answer; if it is an old one, try -protocol 1; ` +
		`if it is full or busy, try again later \(.*\)\n$`
	for _, row := range []struct {
		what   string
		talk   func(net.Conn)
		digest string
		says   string
	}{
		{"an old server waits for the body", func(conn net.Conn) { io.Copy(io.Discard, conn) }, SHA256, noAnswer},
		{"it hangs up after the header", func(conn net.Conn) { ReadHeader(conn) }, SHA256, noAnswer},
		{"it hangs up in the middle", hears(1000, false), SHA256, `^client: "a" was cut off: [^"]*; send it again, and only the rest will go\n$`},
		{"nothing is ever resumed", hears(1000, false), None, `^client: "a" was cut off: .*; send it again\n$`},
		{
			"it hangs up instead of an answer", hears(size, true), SHA256,
			`^client: "a": nobody knows whether it was stored; look into the server's folder before you send it again \(unexpected EOF\)\n$`,
		},
	} {
		out, errs, code := run(t, "", "client", "-addr", lonely(t, row.talk), "-patience", "300ms", "-digest", row.digest, path)
		require.Equal(t, 1, code, row.what)
		require.Empty(t, out, row.what)
		require.Regexp(t, row.says, errs, row.what)
	}
}
