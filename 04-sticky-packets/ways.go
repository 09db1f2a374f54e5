package sticky

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"math"
)

// The other ways to say where a message ends. Each has its place; the
// chapter says which.

// Lines is framing by a delimiter: a message is a line of at most max
// bytes. A bufio.Scanner as it comes stops at 64 KiB, and gives a last
// line that was cut off as if whole; here that is io.ErrUnexpectedEOF. It
// drops a \r before the newline; here that is a byte of the message.
func Lines(r io.Reader, max int) iter.Seq2[string, error] {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, min(max, math.MaxInt-1)+1) // with its newline
	lines.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			return i + 1, data[:i], nil
		}
		if atEOF && len(data) > 0 {
			return 0, nil, io.ErrUnexpectedEOF
		}
		return 0, nil, nil // not yet
	})
	return func(yield func(string, error) bool) {
		for lines.Scan() {
			if !yield(lines.Text(), nil) {
				return
			}
		}
		// Scan is false for every end; forget Err, and all look clean.
		switch err := lines.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			yield("", ErrTooLarge)
		case err != nil:
			yield("", err)
		}
	}
}

// A Reading is a message of a fixed size: 12 bytes, always. There is no
// length to be wrong, and no room for anything else.
type Reading struct {
	Unix    int64
	Celsius float32
}

// WriteReading sends one, in one Write.
func WriteReading(w io.Writer, m Reading) error {
	return binary.Write(w, binary.BigEndian, m)
}

// ReadReading reads one: io.EOF between two, io.ErrUnexpectedEOF inside.
func ReadReading(r io.Reader) (m Reading, err error) {
	err = binary.Read(r, binary.BigEndian, &m)
	return m, err
}

// WriteTLV sends type, length and value: a frame that says what it holds,
// so that a reader can skip a kind that it does not know. (With a type of
// 0 or 1, compressed or not, this is exactly how gRPC frames messages.)
func WriteTLV(w io.Writer, kind byte, value []byte, max uint32) error {
	frame, err := AppendFrame([]byte{kind}, value, max)
	if err != nil {
		return err
	}
	_, err = w.Write(frame)
	return err
}

// ReadTLV reads one. Its errors are those of ReadFrame.
func ReadTLV(r io.Reader, max uint32) (kind byte, value []byte, err error) {
	var head [1]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	value, err = ReadFrame(r, max)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // the type was there
	}
	return head[0], value, err
}
