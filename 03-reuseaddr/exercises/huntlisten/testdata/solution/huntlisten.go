package huntlisten

import (
	"errors"
	"net"
	"testing"
)

// Check fails t if listen does not keep its contract.
func Check(t *testing.T, listen func(addr string, set func(fd uintptr) error) (net.Listener, error)) {
	calls := 0
	set := func(uintptr) error { calls++; return nil }
	ln, err := listen("127.0.0.1:0", set)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	addr := ln.Addr().(*net.TCPAddr)
	if calls != 1 || !addr.IP.Equal(net.IPv4(127, 0, 0, 1)) {
		t.Errorf("set was called %d times, and it listens on %v", calls, addr)
	}
	if other, err := listen(addr.String(), set); err == nil {
		t.Errorf("%v is taken, and there was no error (%v)", addr, other)
	}
	if calls != 2 {
		t.Error("where bind fails, set was not called: it comes after")
	}
	no := errors.New("no such option")
	if ln, err := listen("127.0.0.1:0", func(uintptr) error { return no }); !errors.Is(err, no) {
		t.Errorf("the error of set was dropped: %v, %v", ln, err)
	}
}
