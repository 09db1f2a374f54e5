package huntframe

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// Check fails t if read does not keep its contract.
func Check(t *testing.T, read func(r io.Reader, max uint32) ([]byte, error)) {
	const wire = "\x00\x00\x00\x05hello\x00\x00\x00\x00\x00\x00\x00\x04baby"
	for _, slow := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
		r := slow(strings.NewReader(wire))
		for _, want := range []string{"hello", "", "baby"} {
			if p, err := read(r, 5); err != nil || string(p) != want {
				t.Fatalf("%q and %v, want %q", p, err, want)
			}
		}
		if p, err := read(r, 5); err != io.EOF {
			t.Errorf("%q and %v at the end", p, err)
		}
	}
	for cut := 1; cut < 9; cut++ {
		ended := make(chan error, 1)
		go func() {
			_, err := read(strings.NewReader(wire[:cut]), 5)
			ended <- err
		}()
		select {
		case err := <-ended:
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("cut after %d bytes: %v", cut, err)
			}
		case <-time.After(3 * time.Second):
			t.Fatalf("cut after %d bytes: no end", cut)
		}
	}
	r := io.MultiReader(strings.NewReader(wire[:4]), iotest.ErrReader(errors.New("it read on")))
	if _, err := read(r, 4); err == nil || err.Error() == "it read on" {
		t.Errorf("5 bytes where 4 are allowed: %v", err)
	}
}
