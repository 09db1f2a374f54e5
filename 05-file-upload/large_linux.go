package upload

import "syscall"

// os.Open asks for O_LARGEFILE by itself, os.Root does not. Without it a
// program of 32 bits can neither open nor write a file beyond 2 GiB
// ("value too large for defined data type"). On 64 bits it is 0.
func init() { openFlags = syscall.O_LARGEFILE }
