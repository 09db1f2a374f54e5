// Package explain is an exercise: what an error of the network means.
package explain

// Explain names what happened to a call, in a word or two, from the error
// that Dial, Listen, Accept, Read or Write returned:
//
//	"ok"            err is nil
//	"hung up"       the other side has ended its half: io.EOF
//	"closed here"   this side has closed it already: net.ErrClosed
//	"refused"       nobody listens there: ECONNREFUSED
//	"in use"        the port is taken: EADDRINUSE
//	"reset"         the other side slammed the phone down: ECONNRESET
//	"broken pipe"   written to one who has left: EPIPE
//	"timeout"       a deadline has passed: the outermost error in the
//	                chain that has a method Timeout() bool says true with
//	                it; or ETIMEDOUT, anywhere in the chain
//	"no such host"  the name does not resolve: a *net.DNSError whose
//	                IsNotFound is true
//
// Any other error gives its own text, err.Error(), unchanged.
//
//   - The error may be wrapped as deeply as you like: by net itself
//     (*net.OpError, *os.SyscallError), by fmt.Errorf with %w, by others.
//   - What the text says does not count: it differs between systems and
//     languages. An error that merely speaks of a timeout is none.
//   - The E… names are constants of package syscall. On Windows those
//     are made up; there the system says 10061 for refused, 10048 for in
//     use, 10054 for reset, 10053 for broken pipe and 10060 for
//     ETIMEDOUT, each a syscall.Errno. Explain knows both, wherever it
//     runs: no other system has these numbers.
func Explain(err error) string {
	panic("not begun")
}
