// Package explain says what an error of the network means.
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

// Explain names what happened to a call.
func Explain(err error) string {
	if err == nil {
		return "ok"
	}
	for _, c := range causes {
		for _, cause := range c.cause {
			if errors.Is(err, cause) {
				return c.name
			}
		}
	}
	// os.ErrDeadlineExceeded, context.DeadlineExceeded and the resolver's
	// own timeout have this method in common. errors.As stops at the first
	// that has it: what is outermost knows best what became of the rest.
	var late interface{ Timeout() bool }
	if errors.As(err, &late) && late.Timeout() {
		return "timeout"
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return "no such host"
	}
	return err.Error()
}
