package wire

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Exchange is the telephone exchange: between two ends, each in a namespace
// of its own, it copies every packet from one cable to the other, or does not.
type Exchange struct {
	ends   [2]end // the client's, the server's
	taps   [2]*Tap
	faults *Faults
	began  time.Time
	seen   func(Packet)
	mu     sync.Mutex // one segment after the other
	n      int        // how many there were that carry more than an ACK
	copies sync.WaitGroup
}

// exchanges counts them: a cable's name may still be taken after its end.
var exchanges atomic.Int32

// Connect lays the cables and begins to copy, in a process that is [Inside].
// It calls seen with each TCP packet, one after the other.
func Connect(f *Faults, seen func(Packet)) (x *Exchange, err error) {
	x = &Exchange{faults: f, began: time.Now(), seen: seen}
	n := exchanges.Add(1)
	for i, who := range []string{"client", "server"} {
		name := fmt.Sprint(who, n)
		x.ends[i], err = newEnd(name, netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)})) // addresses for examples (RFC 5737)
		if err == nil {
			x.taps[i], err = open(name, unix.ETH_P_IP)
		}
		if err != nil {
			return nil, errors.Join(err, x.Close())
		}
	}
	x.copies.Go(func() { x.copy(x.taps[0], x.taps[1]) })
	x.copies.Go(func() { x.copy(x.taps[1], x.taps[0]) })
	return x, nil
}

// copy has the packets of one direction, in their order. With a delay it
// sleeps, and those that come meanwhile wait in the socket.
func (x *Exchange) copy(from, to *Tap) {
	for {
		p, err := from.Next(time.Time{})
		if err != nil {
			return // closed
		}
		if s, err := Parse(p.Data); err == nil {
			x.mu.Lock()
			p.Lost = x.loses(s, p.At.Sub(x.began))
			x.seen(p)
			x.mu.Unlock()
		}
		if !p.Lost {
			time.Sleep(time.Until(p.At.Add(x.faults.Delay)))
			to.send(p.Data)
		}
	}
}

// loses says whether s, sent so long after the beginning, does not arrive.
// Plain ACKs are not counted: when one is sent is for each kernel to choose,
// so which segment is the n-th would differ from run to run.
func (x *Exchange) loses(s Segment, since time.Duration) bool {
	f := x.faults
	lost := f.Over() || f.CutAfter > 0 && since >= f.CutAfter // before Lose, who may pull the cable behind s
	if f.Lose != nil {
		lost = f.Lose(s) || lost
	}
	if s.Len() > 0 || s.Flags&RST != 0 {
		x.n++
		lost = lost || x.n == f.LoseNth
	}
	return lost
}

// Client runs f on a thread that is where the client is: a connection that f
// dials begins there, and has no other way than through the exchange.
func (x *Exchange) Client(f func() error) error { return x.ends[0].in(f) }

// Server runs f where the server is.
func (x *Exchange) Server(f func() error) error { return x.ends[1].in(f) }

// Host is the server's address.
func (x *Exchange) Host() string { return x.ends[1].addr.String() }

// Close ends it. The namespaces end with their last sockets.
func (x *Exchange) Close() error {
	var errs []error
	for i := range x.ends {
		if x.taps[i] != nil {
			errs = append(errs, x.taps[i].Close())
		}
		if x.ends[i].ns != nil {
			errs = append(errs, x.ends[i].ns.Close())
		}
	}
	x.copies.Wait()
	return errors.Join(errs...)
}

// send sends an IP packet out through the interface that the tap hears.
func (t *Tap) send(p []byte) error {
	var failed error
	err := t.raw.Write(func(fd uintptr) bool {
		failed = unix.Sendto(int(fd), p, 0, &unix.SockaddrLinklayer{Protocol: t.order, Ifindex: t.index, Halen: 6, Addr: mac})
		return failed != unix.EAGAIN
	})
	return os.NewSyscallError("sendto", errors.Join(err, failed))
}
