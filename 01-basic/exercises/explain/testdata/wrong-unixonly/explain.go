// The mistake: only the numbers of Unix are known; on Windows it would name nothing.
//
// rejected by: TestExplainKnowsWindows: "on Windows these are the numbers"
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
	{"refused", []error{syscall.ECONNREFUSED}},
	{"in use", []error{syscall.EADDRINUSE}},
	{"reset", []error{syscall.ECONNRESET}},
	{"broken pipe", []error{syscall.EPIPE}},
	{"timeout", []error{syscall.ETIMEDOUT}},
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
