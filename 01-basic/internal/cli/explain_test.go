package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every cause that the programs know gets a line of its own, however
// deeply it is wrapped.
func TestExplain(t *testing.T) {
	there := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	op := func(op string, err error) error {
		return fmt.Errorf("speak: %w", &net.OpError{Op: op, Net: "tcp", Addr: there, Err: err})
	}
	call := func(err error) error { return os.NewSyscallError("call", err) }
	for want, err := range map[string]error{
		"nobody is listening at 127.0.0.1:8080; start the server first: make server-1": op("dial", call(errRefused)),
		"127.0.0.1:8080 is taken by another program":                                   op("listen", call(errInUse)),
		"127.0.0.1:8080 is not an address of this machine":                             op("listen", call(errNotOurs)),
		"ports below 1024 are privileged":                                              op("listen", call(errDenied)),
		"slammed the phone":                                                            op("read", call(errReset)),
		"nobody hears us any more":                                                     op("write", call(errPipe)),
		"has left before we had said all":                                              op("close", call(errNotConnected)),
		"127.0.0.1:8080 cannot be reached from here":                                   op("dial", call(errNoRoute)),
		"check the address, and the network":                                           op("dial", call(errNoHost)),
		"127.0.0.1:8080 does not answer":                                               op("dial", os.ErrDeadlineExceeded),
		"nothing was taken in time":                                                    op("write", os.ErrDeadlineExceeded),
		"nothing was heard in time":                                                    op("read", os.ErrDeadlineExceeded),
		"hung up too early":                                                            fmt.Errorf("listen: %w", io.ErrUnexpectedEOF),
		"no address found for the name \"phone.test\"":                                 op("dial", &net.DNSError{Err: "no such host", Name: "phone.test", IsNotFound: true}),
		"; an address is HOST:PORT, such as 127.0.0.1:8080":                            &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("missing address")},
		"something else":                                                               errors.New("something else"),
	} {
		require.Contains(t, Explain(err, "make server-1"), want)
	}
	require.Equal(t, "nobody is listening at 127.0.0.1:8080", Explain(op("dial", call(errRefused)), ""))
}
