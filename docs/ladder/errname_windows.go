package ladder

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// Windows has names only in its headers: these are the ones a socket meets.
// (syscall.ECONNREFUSED and its like are numbers that Go made up there.)
var winsock = map[syscall.Errno]string{
	windows.WSAEACCES:           "WSAEACCES",
	windows.WSAEADDRINUSE:       "WSAEADDRINUSE",
	windows.WSAEADDRNOTAVAIL:    "WSAEADDRNOTAVAIL",
	windows.WSAENETUNREACH:      "WSAENETUNREACH",
	windows.WSAECONNABORTED:     "WSAECONNABORTED",
	windows.WSAECONNRESET:       "WSAECONNRESET",
	windows.WSAENOBUFS:          "WSAENOBUFS",
	windows.WSAEISCONN:          "WSAEISCONN",
	windows.WSAENOTCONN:         "WSAENOTCONN",
	windows.WSAESHUTDOWN:        "WSAESHUTDOWN",
	windows.WSAETIMEDOUT:        "WSAETIMEDOUT",
	windows.WSAECONNREFUSED:     "WSAECONNREFUSED",
	windows.WSAEHOSTUNREACH:     "WSAEHOSTUNREACH",
	windows.WSAEMFILE:           "WSAEMFILE",
	windows.ERROR_ACCESS_DENIED: "ERROR_ACCESS_DENIED",
}

func errnoName(e syscall.Errno) string { return winsock[e] }
