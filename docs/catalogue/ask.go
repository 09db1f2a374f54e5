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

// What a program may ask of an error.
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
}

// numbers are the system's errors. On Windows they have numbers of their own,
// which golang.org/x/sys/windows names.
var numbers = []struct {
	name          string
	unix, windows syscall.Errno
}{
	{"ECONNREFUSED", syscall.ECONNREFUSED, 10061},
	{"ECONNRESET", syscall.ECONNRESET, 10054},
	{"ECONNABORTED", syscall.ECONNABORTED, 10053},
	{"EPIPE", syscall.EPIPE, 0},
	{"ENOTCONN", syscall.ENOTCONN, 10057},
	{"EADDRINUSE", syscall.EADDRINUSE, 10048},
	{"EADDRNOTAVAIL", syscall.EADDRNOTAVAIL, 10049},
	{"EACCES", syscall.EACCES, 10013},
	{"ENETUNREACH", syscall.ENETUNREACH, 10051},
	{"EHOSTUNREACH", syscall.EHOSTUNREACH, 10065},
	{"EMFILE", syscall.EMFILE, 10024},
	{"EMSGSIZE", syscall.EMSGSIZE, 10040},
	{"ENOSPC", syscall.ENOSPC, 0},
}

// ask gives all that a program learns from err without reading its text.
func ask(err error) (yes []string) {
	for _, q := range questions {
		if errors.Is(err, q.is) {
			yes = append(yes, "errors.Is(err, "+q.name+")")
		}
	}
	for _, n := range numbers {
		if errors.Is(err, n.unix) {
			yes = append(yes, "errors.Is(err, syscall."+n.name+")")
		}
		if n.windows != 0 && errors.Is(err, n.windows) {
			yes = append(yes, "errors.Is(err, windows.WSA"+n.name+")")
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
