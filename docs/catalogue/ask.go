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
	"strings"
	"syscall"

	sticky "example.com/dialtone/04-sticky-packets"
	upload "example.com/dialtone/05-file-upload"
)

// What a program may ask of an error. On Windows the system's errors have
// numbers of their own, which golang.org/x/sys/windows names.
var questions = []struct {
	name    string
	is      error
	windows syscall.Errno
}{
	{"io.EOF", io.EOF, 0},
	{"io.ErrUnexpectedEOF", io.ErrUnexpectedEOF, 0},
	{"net.ErrClosed", net.ErrClosed, 0},
	{"os.ErrDeadlineExceeded", os.ErrDeadlineExceeded, 0},
	{"context.DeadlineExceeded", context.DeadlineExceeded, 0},
	{"context.Canceled", context.Canceled, 0},
	{"fs.ErrPermission", fs.ErrPermission, 0},
	{"fs.ErrExist", fs.ErrExist, 0},
	{"bufio.ErrTooLong", bufio.ErrTooLong, 0},
	{"sticky.ErrTooLarge", sticky.ErrTooLarge, 0},
	{"upload.ErrName", upload.ErrName, 0},
	{"syscall.ECONNREFUSED", syscall.ECONNREFUSED, 10061},
	{"syscall.ECONNRESET", syscall.ECONNRESET, 10054},
	{"syscall.EPIPE", syscall.EPIPE, 10053},
	{"syscall.ENOTCONN", syscall.ENOTCONN, 10057},
	{"syscall.EADDRINUSE", syscall.EADDRINUSE, 10048},
	{"syscall.EADDRNOTAVAIL", syscall.EADDRNOTAVAIL, 10049},
	{"syscall.EACCES", syscall.EACCES, 10013},
	{"syscall.ENETUNREACH", syscall.ENETUNREACH, 10051},
	{"syscall.EMFILE", syscall.EMFILE, 10024},
	{"syscall.EMSGSIZE", syscall.EMSGSIZE, 10040},
	{"syscall.ENOSPC", syscall.ENOSPC, 112},
}

// ask gives all that a program learns from err without reading its text.
func ask(err error) (yes []string) {
	for _, q := range questions {
		if errors.Is(err, q.is) {
			yes = append(yes, "errors.Is(err, "+q.name+")")
		} else if q.windows != 0 && errors.Is(err, q.windows) {
			yes = append(yes, "errors.Is(err, windows.WSA"+strings.TrimPrefix(q.name, "syscall.")+")")
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
