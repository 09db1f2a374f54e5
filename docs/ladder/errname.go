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
	case errors.As(err, &number) && numbers[number] != "":
		return numbers[number]
	case errors.As(err, &timeout) && timeout.Timeout():
		return "deadline exceeded"
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

// numbers are the errors that a socket meets. On Windows they have numbers of
// their own; syscall.ECONNREFUSED and its like are made up by Go there.
var numbers = map[syscall.Errno]string{
	syscall.EACCES: "EACCES", syscall.EADDRINUSE: "EADDRINUSE", syscall.EADDRNOTAVAIL: "EADDRNOTAVAIL",
	syscall.ECONNABORTED: "ECONNABORTED", syscall.ECONNREFUSED: "ECONNREFUSED", syscall.ECONNRESET: "ECONNRESET",
	syscall.EINVAL: "EINVAL", syscall.EMFILE: "EMFILE", syscall.ENOTCONN: "ENOTCONN", syscall.EPERM: "EPERM",
	syscall.EPIPE: "EPIPE", syscall.ETIMEDOUT: "ETIMEDOUT",
	10013: "WSAEACCES", 10024: "WSAEMFILE", 10048: "WSAEADDRINUSE", 10049: "WSAEADDRNOTAVAIL", 10053: "WSAECONNABORTED",
	10054: "WSAECONNRESET", 10057: "WSAENOTCONN", 10060: "WSAETIMEDOUT", 10061: "WSAECONNREFUSED",
}
