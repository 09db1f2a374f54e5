package upload

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxHeader is the most bytes of JSON in one frame.
const MaxHeader = 64 << 10

// ErrHeader is at the root of every frame that is not as agreed. What
// follows it on the stream cannot be trusted: hang up.
var ErrHeader = errors.New("bad header")

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrHeader}, args...)...)
}

// readFrame reads 4 bytes of length, little-endian as the source has it
// on every machine that it ran on, and that many bytes of JSON. It
// reads not one byte more: the file begins right behind. io.EOF is an
// end between two frames, io.ErrUnexpectedEOF one inside.
func readFrame(r io.Reader) (fields, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return nil, err
	}
	// Unsigned: -1 is four billion, and refused like any other giant. And
	// before make: four bytes from a stranger must not cost a gigabyte.
	n := binary.LittleEndian.Uint32(prefix[:])
	if n == 0 || n > MaxHeader {
		return nil, bad("a length of %d (bytes %q), want 1 to %d", n, prefix, MaxHeader)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	} else if err != nil {
		return nil, err
	}
	return object(data)
}

// writeFrame sends v as JSON in one Write, length and all: some peers
// read the four bytes with one recv, and the JSON with the next.
func writeFrame(w io.Writer, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(data) > MaxHeader {
		return bad("%d bytes of JSON, at most %d", len(data), MaxHeader)
	}
	frame := binary.LittleEndian.AppendUint32(nil, uint32(len(data)))
	_, err = w.Write(append(frame, data...))
	return err
}
