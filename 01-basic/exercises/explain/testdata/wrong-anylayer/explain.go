// The mistake: any layer that once was a timeout makes it one, though the outermost says no.
//
// rejected by: TestExplainTimeoutOfTheOutermost: "the outermost of them decides"
package explain

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// causes are the errors that errors.Is can find. Windows has Winsock's own
// numbers (and invents those of syscall); no other system uses them.
var causes = []struct {
	name  string
	cause []error
}{
	{"hung up", []error{io.EOF}},
	{"closed here", []error{net.ErrClosed}},
	{"refused", []error{syscall.ECONNREFUSED, syscall.Errno(10061)}},
	{"in use", []error{syscall.EADDRINUSE, syscall.Errno(10048)}},
	{"reset", []error{syscall.ECONNRESET, syscall.Errno(10054)}},
	{"broken pipe", []error{syscall.EPIPE, syscall.Errno(10053)}},
	{"timeout", []error{syscall.ETIMEDOUT, syscall.Errno(10060)}},
}

// Explain names what happened to a call. The second result is always nil.
func Explain(err error) (string, error) {
	if err == nil {
		return "ok", nil
	}
	for _, c := range causes {
		for _, cause := range c.cause {
			if errors.Is(err, cause) {
				return c.name, nil
			}
		}
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		var late interface{ Timeout() bool }
		if errors.As(inner, &late) && late.Timeout() {
			return "timeout", nil
		}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return "no such host", nil
	}
	return err.Error(), nil
}
