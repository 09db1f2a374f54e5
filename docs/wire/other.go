//go:build !linux

package wire

import (
	"errors"
	"syscall"
	"time"
)

var errLinux = errors.New("it takes Linux")

// Inside is never so here.
func Inside() bool { return false }

// Again has no namespace to offer here.
func Again(...string) (int, error) { return 0, errLinux }

// Up has nothing to switch on.
func Up(int) {}

// Tap is a Linux socket; here there is none.
type Tap struct{}

// Open fails.
func Open(string) (*Tap, error) { return nil, errLinux }

// Next is never called.
func (*Tap) Next(time.Time) (Packet, error) { return Packet{}, errLinux }

// Lost is nothing.
func (*Tap) Lost() int { return 0 }

// Close is never called.
func (*Tap) Close() error { return nil }

// Ask would be TCP_INFO.
func Ask(syscall.Conn) (Counts, error) { return Counts{}, errLinux }

// ReadBuffer would be SO_RCVBUF of a listener.
func ReadBuffer(syscall.Conn, int) error { return errLinux }

// Exchange stands between two namespaces; here there are none.
type Exchange struct{}

// Connect fails.
func Connect(*Faults, func(Packet)) (*Exchange, error) { return nil, errLinux }

// Client is never called.
func (*Exchange) Client(func() error) error { return errLinux }

// Server is never called.
func (*Exchange) Server(func() error) error { return errLinux }

// Host is nothing.
func (*Exchange) Host() string { return "" }

// Close is never called.
func (*Exchange) Close() error { return nil }
