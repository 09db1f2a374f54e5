// The mistake: Every end of the stream is io.ErrUnexpectedEOF, the clean one too.
//
// rejected by: TestReadFrameTellsTheEnds: "a clean end was taken for a cut"
package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

var ErrTooLarge = errors.New("message too large")

const prefixSize = 4

func WriteFrame(w io.Writer, p []byte, max uint32) error {
	if uint64(len(p)) > uint64(max) {
		return fmt.Errorf("%w: %d bytes, the maximum is %d", ErrTooLarge, len(p), max)
	}
	frame := make([]byte, 0, prefixSize+len(p))
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(p)))
	frame = append(frame, p...)
	_, err := w.Write(frame)
	return err
}
func ReadFrame(r io.Reader, max uint32) ([]byte, error) {
	prefix := make([]byte, prefixSize)
	if _, err := io.ReadFull(r, prefix); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	length := binary.BigEndian.Uint32(prefix)
	if length > max {
		return nil, fmt.Errorf("%w: %d bytes, the maximum is %d", ErrTooLarge, length, max)
	}
	var payload bytes.Buffer
	_, err := io.CopyN(&payload, r, int64(length))
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return payload.Bytes(), err
}
