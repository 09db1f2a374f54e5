package loops

import "golang.org/x/sys/windows"

const (
	errReset     = windows.WSAECONNRESET
	errPipe      = windows.WSAECONNRESET // Winsock knows no other
	errExhausted = windows.WSAEMFILE
)
