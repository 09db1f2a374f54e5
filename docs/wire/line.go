package wire

import "net/netip"

// Lines follows the segments of connections from their SYNs on.
type Lines map[[2]netip.AddrPort]*half

// half is one direction of a connection.
type half struct {
	first  uint32 // the sequence number of its SYN
	next   uint32 // behind all that was sent
	scale  int8   // what its SYN says
	scaled bool   // both SYNs named one
	fin    uint32 // behind its FIN, or 0
	ended  bool   // that has arrived, or there was a reset
}

// Numbers are a segment's, counted from the SYNs, so that the first byte of
// data has number 1.
type Numbers struct {
	Seq, Ack uint32
	Window   int  // in bytes
	Again    bool // a part of it was sent before
}

// Follow gives the numbers of s, which comes after those followed so far, and
// may be lost.
// Of a connection whose SYN was not seen the numbers stand as they are.
func (l Lines) Follow(s Segment, lost bool) Numbers {
	key, back := [2]netip.AddrPort{s.From, s.To}, [2]netip.AddrPort{s.To, s.From}
	mine, theirs := l[key], l[back]
	end := s.Seq + uint32(s.Len())
	if s.Flags&SYN != 0 && (mine == nil || mine.first != s.Seq) {
		mine = &half{first: s.Seq, next: s.Seq, scale: s.Scale}
		l[key] = mine
		if s.Flags&ACK != 0 && theirs != nil {
			both := mine.scale >= 0 && theirs.scale >= 0
			mine.scaled, theirs.scaled = both, both
		}
	}
	n := Numbers{Seq: s.Seq, Ack: s.Ack, Window: int(s.Window)}
	if mine != nil {
		n.Seq -= mine.first
		n.Again = s.Len() > 0 && int32(s.Seq-mine.next) < 0
		if int32(end-mine.next) > 0 {
			mine.next = end
		}
		if mine.scaled && s.Flags&SYN == 0 { // a SYN's own window never is
			n.Window <<= mine.scale
		}
	}
	if s.Flags&ACK == 0 {
		n.Ack = 0
	} else if theirs != nil {
		n.Ack -= theirs.first
		theirs.ended = theirs.ended || theirs.fin != 0 && s.Ack == theirs.fin && !lost
	}
	if s.Flags&FIN != 0 && mine != nil {
		mine.fin = end
	}
	if s.Flags&RST != 0 && !lost {
		for _, h := range []*half{mine, theirs} {
			if h != nil {
				h.ended = true
			}
		}
	}
	return n
}

// Over says that all connections have ended: reset, or with each FIN
// acknowledged.
func (l Lines) Over() bool {
	for _, h := range l {
		if !h.ended {
			return false
		}
	}
	return true
}
