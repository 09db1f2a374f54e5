package basic

import "golang.org/x/sys/windows"

const (
	errRefused = windows.WSAECONNREFUSED
	errInUse   = windows.WSAEADDRINUSE
	errReset   = windows.WSAECONNRESET
)
