package reuseaddr

import (
	"errors"
	"flag"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// impatient is a conn whose read deadlines have always passed.
type impatient struct{ net.Conn }

func (c impatient) SetReadDeadline(time.Time) error {
	return c.Conn.SetReadDeadline(time.Unix(1, 0))
}

// A live listener is no TIME_WAIT: nobody gets past it, option or not.
func TestALiveListenerRefusesASecond(t *testing.T) {
	needOptions(t)
	for _, old := range []Choice{Off, On} {
		for _, fresh := range []Choice{Off, On} {
			ln := listen(t, loopback(), Options{ReuseAddr: old})
			_, err := Listen(t.Context(), ln.Addr().String(), Options{ReuseAddr: fresh})
			require.True(t, InUse(err), "old %v, new %v: %v", old, fresh, err)
		}
	}
}

func TestAnotherAddressIsFree(t *testing.T) {
	needLinux(t, "127.0.0.2 is not set up elsewhere")
	ln := listen(t, "127.0.0.1:0", Options{ReuseAddr: Off})
	other, err := Listen(t.Context(), at("127.0.0.2", ln), Options{ReuseAddr: Off})
	require.NoError(t, err)
	require.NoError(t, other.Close())
}

// An old server that has closed its listener still holds the port while a
// call is open, and only the option lets a new one in.
func TestAnOpenCallHoldsThePort(t *testing.T) {
	needLinux(t, "the rule for calls that are still open")
	for _, want := range []struct {
		old, fresh Choice
		inUse      bool
	}{{Off, Off, true}, {Off, On, true}, {On, Off, true}, {On, On, false}} {
		old := listen(t, loopback(), Options{ReuseAddr: want.old})
		dial(t, old)
		conn, err := old.Accept()
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		require.NoError(t, old.Close())

		fresh, err := Listen(t.Context(), old.Addr().String(), Options{ReuseAddr: want.fresh})
		require.Equal(t, want.inUse, InUse(err), "%+v: %v", want, err)
		if err == nil {
			require.NoError(t, fresh.Close())
		}
	}
}

// The error of setsockopt comes out of Listen, by its name; no listener
// without the option is left behind.
func TestTheErrorOfTheOptionIsKept(t *testing.T) {
	failure := errors.New("setsockopt: this kernel will not")
	config := net.ListenConfig{Control: control(func(uintptr) error { return failure })}
	ln, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.ErrorIs(t, err, failure)
	require.Nil(t, ln)
}

func TestBadAddresses(t *testing.T) {
	for _, addr := range []string{"8080", "127.0.0.1:99999", "127.0.0.1:x", "[::1", "192.0.2.1:0"} {
		_, err := Listen(t.Context(), addr, Options{})
		require.Error(t, err, addr)
		require.Equal(t, err, Explain(err), "Explain has nothing to say of it")
	}
}

func TestChoiceIsAFlag(t *testing.T) {
	var c Choice
	for _, want := range []Choice{On, Off, Default} {
		require.NoError(t, c.Set(want.String()))
		require.Equal(t, want, c)
	}
	require.ErrorContains(t, c.Set("maybe"), "on, off or default")
	var _ flag.Value = &c
}
