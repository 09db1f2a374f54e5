// The mistake: A Write that fails is tried again.
//
// rejected by: TestWriteFrameReportsAnError: "a Write that failed was tried again"
package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrTooLarge is for a message of more than max bytes.
var ErrTooLarge = errors.New("message too large")

const prefixSize = 4

// WriteFrame sends p to w as one frame, in one Write: a 4-byte big-endian
// length, then p. More than max bytes are ErrTooLarge.
func WriteFrame(w io.Writer, p []byte, max uint32) error {
	if uint64(len(p)) > uint64(max) {
		return fmt.Errorf("%w: %d bytes, the maximum is %d", ErrTooLarge, len(p), max)
	}
	frame := make([]byte, 0, prefixSize+len(p))
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(p)))
	frame = append(frame, p...)
	_, err := w.Write(frame)
	for try := 0; err != nil && try < 2; try++ {
		_, err = w.Write(frame)
	}
	return err
}

// ReadFrame reads one frame and not a byte more. The error is io.EOF only
// between two frames, io.ErrUnexpectedEOF inside one.
func ReadFrame(r io.Reader, max uint32) ([]byte, error) {
	prefix := make([]byte, prefixSize)
	if _, err := io.ReadFull(r, prefix); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(prefix)
	if length > max {
		return nil, fmt.Errorf("%w: %d bytes, the maximum is %d", ErrTooLarge, length, max)
	}
	// The buffer grows with what arrives.
	var payload bytes.Buffer
	_, err := io.CopyN(&payload, r, int64(length))
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // the prefix was there
	}
	return payload.Bytes(), err
}
