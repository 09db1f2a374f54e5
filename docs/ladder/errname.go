package ladder

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// ErrorName is the name by which the course calls err: "EOF",
// "ECONNREFUSED" (on Windows "WSAECONNREFUSED"), "deadline exceeded",
// "net.ErrClosed" and so on; "" for nil. An error without a name of its own
// is its text, up to the first line break.
func ErrorName(err error) string {
	var number syscall.Errno
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case err == nil:
		return ""
	case errors.Is(err, io.EOF):
		return "EOF"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "unexpected EOF"
	case errors.Is(err, net.ErrClosed):
		return "net.ErrClosed"
	case errors.Is(err, io.ErrClosedPipe):
		return "io.ErrClosedPipe"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "deadline exceeded"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no such host"
	case errors.As(err, &number) && errnoName(number) != "":
		return errnoName(number)
	case errors.As(err, &timeout) && timeout.Timeout():
		return "deadline exceeded"
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
