// Package sticky is lesson 4: where a message ends. TCP carries a stream
// of bytes and knows nothing of messages: what one Write sends may arrive
// in several Reads, and several Writes in one. A frame tells the reader
// how long its message is. It mirrors sections 5 and 8 of the source.
package sticky

import (
	"encoding/binary"
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
// than this, and then never a buffer of more than twice what has really
// arrived (and, while that is copied over, the one before it).
const step = 64 << 10

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
// ErrTooLarge and dst as it was. With a dst that has room it allocates
// nothing, and several frames can go out in one Write.
func AppendFrame(dst, p []byte, max uint32) ([]byte, error) {
	if uint64(len(p)) > uint64(max) {
		return dst, &TooLargeError{Length: uint64(len(p)), Max: max}
	}
	dst = slices.Grow(dst, PrefixSize+len(p))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(p)))
	return append(dst, p...), nil
}

// ReadFrame reads one frame and not a byte more. The error is io.EOF only
// where r ends between two frames; io.ErrUnexpectedEOF where it ends
// inside one; ErrTooLarge where more than max bytes are announced, before
// any room is made for them; else what r reports, such as a timeout: as
// it is where nothing of the frame had come (then r is still in step, and
// can be read on), and wrapped where part had. After any error inside a
// frame, and after ErrTooLarge, it is over: nobody knows where the next
// frame begins. A Reader tells the two apart by itself.
func ReadFrame(r io.Reader, max uint32) ([]byte, error) {
	prefix := make([]byte, PrefixSize)
	if n, err := io.ReadFull(r, prefix); err != nil {
		return nil, cut(err, n, PrefixSize)
	}
	length, err := parse(prefix, max)
	if err != nil {
		return nil, err
	}
	p := make([]byte, min(length, step))
	for got := 0; ; {
		n, err := io.ReadFull(r, p[got:])
		if got += n; err != nil {
			return nil, cut(err, PrefixSize+got, PrefixSize+length)
		}
		if got == length {
			return p, nil
		}
		p = grow(p, length)
	}
}

// grow gives a full buffer at most as much room again as it had.
func grow(full []byte, want int) []byte {
	bigger := make([]byte, len(full)+min(want-len(full), len(full)))
	copy(bigger, full)
	return bigger
}

// parse gives the length that a prefix announces, if it is allowed.
func parse(prefix []byte, max uint32) (int, error) {
	length := binary.BigEndian.Uint32(prefix)
	// The second half matters where int has 32 bits.
	if length > max || uint64(length) > math.MaxInt-PrefixSize {
		return 0, &TooLargeError{uint64(length), max, guess(prefix)}
	}
	return int(length), nil
}

// cut is err for a frame of which only got of want bytes came. Its one
// duty: io.EOF must not leave here once a frame has begun. Before that,
// nothing is cut, and the error stays as it is.
func cut(err error, got, want int) error {
	switch {
	case got == 0:
		return err
	case err == io.EOF: // so says io.ReadFull after a whole prefix
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("frame cut after %d of %d bytes: %w", got, want, err)
}
