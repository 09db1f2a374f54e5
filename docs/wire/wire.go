// Package wire reads what really goes between two ends of TCP: the headers of
// a packet ([Parse]), the numbers of a connection counted from its beginning
// ([Line]), the packets of a loopback interface of one's own ([Open]), and a
// file that Wireshark opens ([WritePcap]).
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
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
	Options  Options
	Payload  []byte // a part of the packet, not a copy
}

// Options are those of the TCP header that a drawing speaks of.
type Options struct {
	MSS        uint16   // the largest segment that the sender of a SYN takes
	Scale      int8     // of windows, as a power of two; -1: none was named
	SACKOK     bool     // selective acknowledgements are welcome
	SACK       []uint32 // what has come behind a gap: from, to, from, to …
	Timestamps bool
	TSVal      uint32 // the sender's clock
	TSEcr      uint32 // the other side's, as last heard
}

// ErrNotTCP is a packet of another protocol, or a fragment.
var ErrNotTCP = errors.New("not a whole TCP segment")

var errShort = errors.New("the packet ends inside a header")

// Parse reads an IP packet. Lengths that do not fit are errors; checksums
// are not looked at, for on a loopback interface nobody fills them in.
func Parse(p []byte) (Segment, error) {
	if len(p) < 1 {
		return Segment{}, errShort
	}
	var from, to netip.Addr
	var body []byte
	switch version := p[0] >> 4; version {
	case 4:
		header := int(p[0]&15) * 4 // in words of 32 bits
		if header < 20 || len(p) < header {
			return Segment{}, errShort
		}
		whole := int(binary.BigEndian.Uint16(p[2:]))
		if whole == 0 {
			whole = len(p) // larger than the field can say: see GSO
		}
		fragment := binary.BigEndian.Uint16(p[6:]) & 0x3fff // "more", and where it belongs
		if p[9] != 6 || fragment != 0 {
			return Segment{}, ErrNotTCP
		}
		if whole < header || len(p) < whole {
			return Segment{}, errShort
		}
		from, _ = netip.AddrFromSlice(p[12:16])
		to, _ = netip.AddrFromSlice(p[16:20])
		body = p[header:whole] // behind it Ethernet may have padded
	case 6:
		if len(p) < 40 {
			return Segment{}, errShort
		}
		length := int(binary.BigEndian.Uint16(p[4:]))
		if length == 0 {
			length = len(p) - 40
		}
		if p[6] != 6 { // extension headers are rare, and none of ours
			return Segment{}, ErrNotTCP
		}
		if len(p) < 40+length {
			return Segment{}, errShort
		}
		from, _ = netip.AddrFromSlice(p[8:24])
		to, _ = netip.AddrFromSlice(p[24:40])
		body = p[40 : 40+length]
	default:
		return Segment{}, fmt.Errorf("IP version %d", version)
	}
	return parseTCP(from, to, body)
}

func parseTCP(from, to netip.Addr, p []byte) (Segment, error) {
	if len(p) < 20 {
		return Segment{}, errShort
	}
	header := int(p[12]>>4) * 4
	if header < 20 || len(p) < header {
		return Segment{}, errShort
	}
	options, err := parseOptions(p[20:header])
	return Segment{
		From: netip.AddrPortFrom(from, binary.BigEndian.Uint16(p)),
		To:   netip.AddrPortFrom(to, binary.BigEndian.Uint16(p[2:])),
		Seq:  binary.BigEndian.Uint32(p[4:]), Ack: binary.BigEndian.Uint32(p[8:]),
		Flags: Flags(p[13]), Window: binary.BigEndian.Uint16(p[14:]),
		Options: options, Payload: p[header:],
	}, err
}

// parseOptions: each option is its kind, its length with these two bytes, and
// its value; 0 ends the list and 1 fills a byte, and neither has a length.
func parseOptions(p []byte) (Options, error) {
	o := Options{Scale: -1}
	for len(p) > 0 && p[0] != 0 {
		if p[0] == 1 {
			p = p[1:]
			continue
		}
		if len(p) < 2 || p[1] < 2 || int(p[1]) > len(p) {
			return o, errors.New("a TCP option longer than its header")
		}
		kind, value := p[0], p[2:p[1]]
		p = p[p[1]:]
		switch {
		case kind == 2 && len(value) == 2:
			o.MSS = binary.BigEndian.Uint16(value)
		case kind == 3 && len(value) == 1:
			o.Scale = int8(min(value[0], 14)) // no larger one counts (RFC 7323, 2.3)
		case kind == 4 && len(value) == 0:
			o.SACKOK = true
		case kind == 5 && len(value)%8 == 0:
			for ; len(value) > 0; value = value[4:] {
				o.SACK = append(o.SACK, binary.BigEndian.Uint32(value))
			}
		case kind == 8 && len(value) == 8:
			o.Timestamps = true
			o.TSVal, o.TSEcr = binary.BigEndian.Uint32(value), binary.BigEndian.Uint32(value[4:])
		} // others are for others
	}
	return o, nil
}

// String lists them: "mss 1460, wscale 7, sackOK, ts 5 4".
func (o Options) String() string {
	var all []string
	add := func(is bool, format string, args ...any) {
		if is {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	add(o.MSS > 0, "mss %d", o.MSS)
	add(o.Scale >= 0, "wscale %d", o.Scale)
	add(o.SACKOK, "sackOK")
	for i := 0; i+1 < len(o.SACK); i += 2 {
		add(true, "sack %d-%d", o.SACK[i], o.SACK[i+1])
	}
	add(o.Timestamps, "ts %d %d", o.TSVal, o.TSEcr)
	return strings.Join(all, ", ")
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

// String is one line, as of tcpdump.
func (s Segment) String() string {
	line := fmt.Sprintf("%v > %v: %v, seq %d", s.From, s.To, s.Flags, s.Seq)
	if s.Flags&ACK != 0 {
		line += fmt.Sprintf(", ack %d", s.Ack)
	}
	return fmt.Sprintf("%s, win %d, options [%v], length %d", line, s.Window, s.Options, len(s.Payload))
}
