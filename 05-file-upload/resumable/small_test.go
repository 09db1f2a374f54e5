package resumable

import (
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/dialtone/05-file-upload/internal/peer"
)

// The server's line for a header that it does not take, and for none.
func TestRecordOfHeaders(t *testing.T) {
	s := serve(t)
	for sent, want := range map[string]string{
		string(peer.Frame(`{"version":3,"file_name":"a"}`)): ": sent a header that is refused: bad header: version is",
		string(peer.Header1("", 3)):                         ": sent a header that is refused: bad name",
		"GET / HTTP/1.1\r\n\r\n":                            ": sent a header that is refused: bad header: a length of",
		"\x09\x00":                                          ": sent no header: unexpected EOF",
	} {
		p := peer.Dial(t, s.addr)
		p.Send([]byte(sent))
		p.CloseWrite()
		p.Closed()
		require.Contains(t, s.record(t).String(), want, "%q", sent)
	}
}

// The server's line for a client that is lost: it has refused nothing.
func TestRecordOfTheLost(t *testing.T) {
	s := serve(t)
	for _, row := range []struct {
		sent []byte
		says string
	}{
		{peer.Header1("a", 10), `: lost "a" at 0 B: the client closed`},
		{append(peer.Header1("a", 10), "half"...), `: lost "a" at 4 B: the client closed`},
		{append(peer.Header2("a", 10, None), "half"...), `: lost "a" at 4 B: the client closed`},
		{peer.Header2("a", 10, SHA256), `: lost "a" at 0 B: the client closed`},
		{append(peer.Header2("a", 10, SHA256), "half"...), `: lost "a" at 4 B: the client closed; its next try goes on from there`},
		{append(peer.Header2("b", 4, SHA256), "full"...), `: lost "b" at 4 B: the client closed; its next try goes on from there`},
	} {
		p := peer.Dial(t, s.addr)
		p.Send(row.sent)
		p.CloseWrite()
		p.Closed()
		r := s.record(t)
		require.Equal(t, r.Client.String()+row.says, r.String(), "%q", row.sent)
	}
	broken := Record{Offer: two("a", 10), Moved: 4, Err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}}
	require.Contains(t, broken.String(), `: lost "a" at 4 B: the connection broke; its next try`)
	broken.Err = &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}
	require.Contains(t, broken.String(), `: refused "a" after 4 B: `)
}
