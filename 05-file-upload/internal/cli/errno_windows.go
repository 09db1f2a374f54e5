package cli

import "golang.org/x/sys/windows"

// The names in package syscall are there on Windows too, but their numbers
// are invented: errors.Is never matches them. These are Winsock's own.
const (
	errRefused      = windows.WSAECONNREFUSED
	errInUse        = windows.WSAEADDRINUSE
	errNotOurs      = windows.WSAEADDRNOTAVAIL
	errDenied       = windows.WSAEACCES
	errReset        = windows.WSAECONNRESET
	errPipe         = windows.WSAECONNABORTED
	errNotConnected = windows.WSAENOTCONN
	errNoRoute      = windows.WSAENETUNREACH
	errNoHost       = windows.WSAEHOSTUNREACH
)
