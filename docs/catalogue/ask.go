package catalogue

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"

	sticky "example.com/dialtone/04-sticky-packets"
	upload "example.com/dialtone/05-file-upload"
)

// What a program may ask of an error. On Windows the system's errors have
// numbers of their own, which golang.org/x/sys/windows names.
var questions = []struct {
	name string
	is   error
}{
	{"io.EOF", io.EOF},
	{"io.ErrUnexpectedEOF", io.ErrUnexpectedEOF},
	{"net.ErrClosed", net.ErrClosed},
	{"os.ErrDeadlineExceeded", os.ErrDeadlineExceeded},
	{"context.DeadlineExceeded", context.DeadlineExceeded},
	{"context.Canceled", context.Canceled},
	{"fs.ErrPermission", fs.ErrPermission},
	{"fs.ErrExist", fs.ErrExist},
	{"bufio.ErrTooLong", bufio.ErrTooLong},
	{"sticky.ErrTooLarge", sticky.ErrTooLarge},
	{"upload.ErrName", upload.ErrName},
	{"syscall.ECONNREFUSED", syscall.ECONNREFUSED},
	{"syscall.ECONNRESET", syscall.ECONNRESET},
	{"syscall.EPIPE", syscall.EPIPE},
	{"syscall.ENOTCONN", syscall.ENOTCONN},
	{"syscall.EADDRINUSE", syscall.EADDRINUSE},
	{"syscall.EADDRNOTAVAIL", syscall.EADDRNOTAVAIL},
	{"syscall.EACCES", syscall.EACCES},
	{"syscall.ENETUNREACH", syscall.ENETUNREACH},
	{"syscall.EHOSTUNREACH", syscall.EHOSTUNREACH},
	{"syscall.EMFILE", syscall.EMFILE},
	{"syscall.EMSGSIZE", syscall.EMSGSIZE},
	{"syscall.ENOSPC", syscall.ENOSPC},
	{"windows.WSAECONNREFUSED", syscall.Errno(10061)},
	{"windows.WSAECONNRESET", syscall.Errno(10054)},
	{"windows.WSAECONNABORTED", syscall.Errno(10053)},
	{"windows.WSAENOTCONN", syscall.Errno(10057)},
	{"windows.WSAEADDRINUSE", syscall.Errno(10048)},
	{"windows.WSAEADDRNOTAVAIL", syscall.Errno(10049)},
	{"windows.WSAEACCES", syscall.Errno(10013)},
	{"windows.WSAENETUNREACH", syscall.Errno(10051)},
	{"windows.WSAEHOSTUNREACH", syscall.Errno(10065)},
	{"windows.WSAEMFILE", syscall.Errno(10024)},
	{"windows.WSAEMSGSIZE", syscall.Errno(10040)},
}

// ask gives all that a program learns from err without reading its text.
func ask(err error) (yes []string) {
	for _, q := range questions {
		if errors.Is(err, q.is) {
			yes = append(yes, "errors.Is(err, "+q.name+")")
		}
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		yes = append(yes, "errors.AsType[net.Error](err): Timeout()")
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		yes = append(yes, "errors.AsType[*net.DNSError](err): IsNotFound")
	}
	if _, ok := errors.AsType[*net.AddrError](err); ok {
		yes = append(yes, "errors.AsType[*net.AddrError](err)")
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		yes = append(yes, "errors.AsType[*json.SyntaxError](err)")
	}
	return yes
}
