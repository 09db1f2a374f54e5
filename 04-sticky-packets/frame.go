// Package sticky is lesson 4: where a message ends. TCP carries a stream
// of bytes and knows nothing of messages: what one Write sends may arrive
// in several Reads, and several Writes in one. A frame tells the reader
// how long its message is. It mirrors sections 5 and 8 of the source.
package sticky

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// PrefixSize is how many bytes go before each message: its length, not
// counting the prefix itself, as a big-endian unsigned 32-bit number.
const PrefixSize = 4

// step is how many bytes ReadFrame takes on trust. A prefix may announce
// four gigabytes and cost its sender four bytes; it shall not cost us more
// than this, and then never a buffer of more than twice what has arrived.
const step = 64 << 10

// ErrTooLarge is what errors.Is finds in every TooLargeError.
var ErrTooLarge = errors.New("message too large")

// A TooLargeError says that a message is, or claims to be, too long.
type TooLargeError struct {
	Length uint64 // bytes, as announced by the prefix or handed to us
	Max    uint32 // bytes, as allowed
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("message of %d bytes: the maximum is %d", e.Length, e.Max)
}

// Is makes errors.Is(err, ErrTooLarge) work.
func (e *TooLargeError) Is(target error) bool { return target == ErrTooLarge }

// check refuses more than max bytes, and more than an int can count: where
// it has 32 bits, that is half of what a prefix can say.
func check(length uint64, max uint32) error {
	max = uint32(min(uint64(max), math.MaxInt-PrefixSize))
	if length > uint64(max) {
		return &TooLargeError{length, max}
	}
	return nil
}

// WriteFrame sends p as one frame, in one Write: goroutines that share a
// connection never tear each other's frames apart. More than max bytes are
// ErrTooLarge, and nothing is sent; after any other error w is finished,
// because part of the frame may be out. An empty p is a message too.
func WriteFrame(w io.Writer, p []byte, max uint32) error {
	frame, err := AppendFrame(nil, p, max)
	if err != nil {
		return err
	}
	_, err = w.Write(frame)
	return err
}

// AppendFrame adds p as one frame to dst and gives the longer slice, or
// ErrTooLarge and dst as it was. It allocates nothing if dst has room.
func AppendFrame(dst, p []byte, max uint32) ([]byte, error) {
	if err := check(uint64(len(p)), max); err != nil {
		return dst, err
	}
	dst = slices.Grow(dst, PrefixSize+len(p))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(p)))
	return append(dst, p...), nil
}

// ReadFrame reads one frame and not a byte more. Its error is io.EOF where
// r ends between two frames, and only there; io.ErrUnexpectedEOF where r
// ends inside one; ErrTooLarge where more than max bytes are announced,
// before any room is made for them; else what r reports. After a timeout
// before a frame's first byte r can be read on. After any error inside a
// frame, and after ErrTooLarge, it cannot: nobody knows where the next
// frame begins.
func ReadFrame(r io.Reader, max uint32) ([]byte, error) {
	prefix := make([]byte, PrefixSize)
	if n, err := io.ReadFull(r, prefix); err != nil {
		return nil, cut(err, n, PrefixSize)
	}
	length := binary.BigEndian.Uint32(prefix)
	if err := check(uint64(length), max); err != nil {
		return nil, err
	}
	p := make([]byte, min(int(length), step))
	for got := 0; ; p = grow(p, int(length)) {
		n, err := io.ReadFull(r, p[got:])
		if got += n; err != nil {
			return nil, cut(err, PrefixSize+got, PrefixSize+int(length))
		}
		if got == int(length) {
			return p, nil
		}
	}
}

// grow gives a full buffer at most as much room again as it had.
func grow(full []byte, want int) []byte {
	bigger := make([]byte, len(full)+min(want-len(full), len(full)))
	copy(bigger, full)
	return bigger
}

// cut is err for a frame of which only got of want bytes came. Once one
// has come, the error must not be io.EOF.
func cut(err error, got, want int) error {
	if got == 0 {
		return err
	}
	if err == io.EOF { // so says io.ReadFull after a whole prefix
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("frame cut after %d of %d bytes: %w", got, want, err)
}
