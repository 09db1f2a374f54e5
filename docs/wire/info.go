package wire

import "time"

// Counts are what the kernel has counted at one end of a connection.
type Counts struct {
	Out, In         int // segments
	DataOut, DataIn int // those with bytes in them
	Again           int // retransmissions
	RoundTrip       time.Duration
	Window          int // in bytes, what the other side has room for; 0 from kernels before 5.4
}

// Refused is the exit code with which a process that was started by [Again]
// says, on its standard error, why it cannot do what it is for.
const Refused = 77
