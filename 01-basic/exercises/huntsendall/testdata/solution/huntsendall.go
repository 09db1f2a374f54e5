package huntsendall

import (
	"errors"
	"io"
	"testing"
)

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// Check fails t if sendAll does not keep its contract.
func Check(t *testing.T, sendAll func(w io.Writer, p []byte) error) {
	p, got := []byte("0123456789"), ""
	err := sendAll(writer(func(q []byte) (int, error) {
		n := min(4, len(q))
		got += string(q[:n])
		return n, nil
	}), p)
	if err != nil || got != "0123456789" || string(p) != "0123456789" {
		t.Errorf("sent %q, p is %q, %v", got, p, err)
	}
	broken := errors.New("broken")
	for _, with := range []int{0, 3} {
		calls := 0
		err = sendAll(writer(func(q []byte) (int, error) {
			if calls++; calls > 1 {
				return len(q), nil
			}
			return with, broken
		}), p)
		if !errors.Is(err, broken) || calls > 1 {
			t.Errorf("%d Writes after one failed, and %v", calls-1, err)
		}
	}
	calls := 0
	err = sendAll(writer(func(q []byte) (int, error) {
		if calls++; calls > 1000 {
			panic("it tries for ever")
		}
		return 0, nil
	}), p)
	if !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("%v where nothing is taken", err)
	}
	err = sendAll(writer(func(q []byte) (int, error) {
		t.Error("an empty p is written")
		return 0, nil
	}), nil)
	if err != nil {
		t.Error(err)
	}
}
