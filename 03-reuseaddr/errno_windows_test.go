package reuseaddr

import "golang.org/x/sys/windows"

const outOfDescriptors = windows.WSAEMFILE
