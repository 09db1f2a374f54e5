package wire

import (
	"bufio"
	"encoding/binary"
	"io"
	"time"
)

// Packet is an IP packet and the moment at which it was sent.
type Packet struct {
	At   time.Time
	Data []byte
	Lost bool // it never arrives
}

// WritePcap writes packets as a capture file: a header, then each packet
// behind its time and its length, twice: what is there, and what there was.
func WritePcap(w io.Writer, packets []Packet) error {
	const nanoseconds, largest, rawIP = 0xa1b23c4d, 1 << 18, 101
	out := bufio.NewWriter(w)
	// Each number is as this writer likes it: the first one tells how.
	words := func(all ...uint32) {
		for _, word := range all {
			out.Write(binary.LittleEndian.AppendUint32(nil, word))
		}
	}
	words(nanoseconds, 4<<16|2, 0, 0, largest, rawIP) // format 2.4
	for _, p := range packets {
		n := uint32(len(p.Data))
		words(uint32(p.At.Unix()), uint32(p.At.Nanosecond()), n, n)
		out.Write(p.Data)
	}
	return out.Flush()
}
