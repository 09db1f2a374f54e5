// The mistake: The length goes through int32: two gigabytes and more are negative.
//
// rejected by: TestSplitOfTheLargestLength: "the length went through a signed or too small type"
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
		if int32(len(stream)-prefixSize) < int32(length) {
			break
		}
		end := prefixSize + int(uint16(length))
		frames = append(frames, stream[prefixSize:end:end])
		stream = stream[end:]
	}
	return frames, stream, nil
}
