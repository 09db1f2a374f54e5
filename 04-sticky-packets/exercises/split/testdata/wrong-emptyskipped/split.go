// The mistake: An empty message is swallowed.
//
// rejected by: TestSplit: "expected: message 2, 0 bytes"
package split

import (
	"encoding/binary"
	"errors"
	"fmt"
)

var ErrTooLarge = errors.New("message too large")

const prefixSize = 4

func Split(stream []byte, max uint32) (frames [][]byte, rest []byte, err error) {
	for len(stream) >= prefixSize {
		length := binary.BigEndian.Uint32(stream)
		if length > max {
			return frames, stream, fmt.Errorf("%w: %d bytes, the maximum is %d", ErrTooLarge, length, max)
		}
		if uint64(len(stream)-prefixSize) < uint64(length) {
			break
		}
		end := prefixSize + int(length)
		if length > 0 {
			frames = append(frames, stream[prefixSize:end:end])
		}
		stream = stream[end:]
	}
	return frames, stream, nil
}
