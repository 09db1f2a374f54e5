// The mistake: ECONNABORTED is taken for a reset.
//
// rejected by: TestExplainOtherErrors: "an error that is not on the list gives err.Error()"
package explain

import (
	"errors"
	"io"
	"net"
	"syscall"
)

var causes = []struct {
	name  string
	cause []error
}{
	{"hung up", []error{io.EOF}},
	{"closed here", []error{net.ErrClosed}},
	{"refused", []error{syscall.ECONNREFUSED, syscall.Errno(10061)}},
	{"in use", []error{syscall.EADDRINUSE, syscall.Errno(10048)}},
	{"reset", []error{syscall.ECONNRESET, syscall.ECONNABORTED, syscall.Errno(10054)}},
	{"broken pipe", []error{syscall.EPIPE, syscall.Errno(10053)}},
	{"timeout", []error{syscall.ETIMEDOUT, syscall.Errno(10060)}},
}

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
	var late interface{ Timeout() bool }
	if errors.As(err, &late) && late.Timeout() {
		return "timeout", nil
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return "no such host", nil
	}
	return err.Error(), nil
}
