// Package wire reads what really goes between two ends of TCP: the headers of
// a packet ([Parse]), the numbers of a connection counted from its beginning
// ([Lines]), the packets of a loopback interface of one's own ([Open]), and a
// file that Wireshark opens ([WritePcap]).
package wire

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
)

// Flags are the control bits of a TCP header (RFC 9293, 3.1).
type Flags uint8

// In the order of the header, from its right.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

var flagNames = []string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"}

// String names those that are set: "SYN ACK".
func (f Flags) String() string {
	var set []string
	for i, name := range flagNames {
		if f&(1<<i) != 0 {
			set = append(set, name)
		}
	}
	return strings.Join(set, " ")
}

// Segment is what one packet says: the addresses of its IP header, and its
// TCP header.
type Segment struct {
	From, To netip.AddrPort
	Seq, Ack uint32
	Flags    Flags
	Window   uint16 // as it stands there; the scale was agreed on in the SYNs
	MSS      uint16 // the largest segment that the sender of a SYN takes
	Scale    int8   // of windows, as a power of two; -1: none was named
	Payload  []byte // a part of the packet, not a copy
}

var (
	errNotTCP = errors.New("not a whole TCP segment over IPv4")
	errShort  = errors.New("the packet ends inside a header")
)

// Parse reads an IPv4 packet. Lengths that do not fit are errors; checksums
// are not looked at, for on a loopback interface nobody fills them in.
func Parse(p []byte) (Segment, error) {
	if len(p) < 20 {
		return Segment{}, errShort
	}
	header := int(p[0]&15) * 4 // in words of 32 bits
	whole := int(binary.BigEndian.Uint16(p[2:]))
	if whole == 0 {
		whole = len(p) // larger than the field can say: see GSO
	}
	fragment := binary.BigEndian.Uint16(p[6:]) & 0x3fff // "more", and where it belongs
	if p[0]>>4 != 4 || p[9] != 6 || fragment != 0 {
		return Segment{}, errNotTCP
	}
	if header < 20 || whole < header+20 || len(p) < whole {
		return Segment{}, errShort
	}
	from, to := netip.AddrFrom4([4]byte(p[12:])), netip.AddrFrom4([4]byte(p[16:]))
	p = p[header:whole] // behind it Ethernet may have padded
	if header = int(p[12]>>4) * 4; header < 20 || len(p) < header {
		return Segment{}, errShort
	}
	s := Segment{
		From: netip.AddrPortFrom(from, binary.BigEndian.Uint16(p)),
		To:   netip.AddrPortFrom(to, binary.BigEndian.Uint16(p[2:])),
		Seq:  binary.BigEndian.Uint32(p[4:]), Ack: binary.BigEndian.Uint32(p[8:]),
		Flags: Flags(p[13]), Window: binary.BigEndian.Uint16(p[14:]),
		Scale: -1, Payload: p[header:],
	}
	return s, s.options(p[20:header])
}

// options: each is its kind, its length with these two bytes, and its value;
// 0 ends the list and 1 fills a byte, and neither has a length.
func (s *Segment) options(p []byte) error {
	for len(p) > 0 && p[0] != 0 {
		if p[0] == 1 {
			p = p[1:]
			continue
		}
		if len(p) < 2 || p[1] < 2 || int(p[1]) > len(p) {
			return errors.New("a TCP option longer than its header")
		}
		kind, value := p[0], p[2:p[1]]
		p = p[p[1]:]
		switch {
		case kind == 2 && len(value) == 2:
			s.MSS = binary.BigEndian.Uint16(value)
		case kind == 3 && len(value) == 1:
			s.Scale = int8(min(value[0], 14)) // no larger one counts (RFC 7323, 2.3)
		} // others are for others
	}
	return nil
}

// Len is how much of the sequence a segment fills: its bytes, and one for
// SYN and for FIN, which are acknowledged like bytes.
func (s Segment) Len() int {
	n := len(s.Payload)
	if s.Flags&SYN != 0 {
		n++
	}
	if s.Flags&FIN != 0 {
		n++
	}
	return n
}
