package upload

import "golang.org/x/sys/windows"

// What Accept may report that passes by itself. The numbers that
// package syscall gives to EMFILE and its like on Windows are invented.
var passing = []error{
	windows.WSAECONNRESET, windows.WSAECONNABORTED, windows.WSAEMFILE, windows.WSAENOBUFS,
}
