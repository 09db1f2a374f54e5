// Package upload is lesson 5: a header, then a big file. A client says
// what comes and how long it is, then sends it; a server receives it
// whole or not at all. It mirrors section 8 of the source and speaks
// its protocol. Package resumable, below, is built on it, and answers.
package upload

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
)

// MaxHeader is the most bytes of JSON in one frame.
const MaxHeader = 64 << 10

// ReadFrame reads 4 bytes of length, little-endian as the source has it
// on every machine that it ran on, and that many bytes of JSON. It
// reads not one byte more: the file begins right behind. io.EOF is an
// end between two frames, io.ErrUnexpectedEOF one inside.
func ReadFrame(r io.Reader) ([]byte, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return nil, err
	}
	// Unsigned: -1 is four billion, and refused like any other giant. And
	// before make: four bytes from a stranger must not cost a gigabyte.
	n := binary.LittleEndian.Uint32(prefix[:])
	if n == 0 || n > MaxHeader {
		return nil, Bad("a length of %d (bytes %q), want 1 to %d", n, prefix, MaxHeader)
	}
	data := make([]byte, n)
	_, err := io.ReadFull(r, data)
	return data, NoEOF(err)
}

// WriteFrame sends v as JSON in one Write, length and all: some peers
// read the four bytes with one recv, and the JSON with the next.
func WriteFrame(w io.Writer, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(data) > MaxHeader {
		return Bad("%d bytes of JSON, at most %d", len(data), MaxHeader)
	}
	frame := binary.LittleEndian.AppendUint32(nil, uint32(len(data)))
	_, err = w.Write(append(frame, data...))
	return err
}

// NoEOF is err for an end that comes too early.
func NoEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
