package sticky

import "golang.org/x/sys/windows"

const (
	errReset   = windows.WSAECONNRESET
	errNoFiles = windows.WSAEMFILE
)
