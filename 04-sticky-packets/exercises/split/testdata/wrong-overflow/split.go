// The mistake: length+4 is computed in 32 bits, where it comes round to almost nothing.
//
// rejected by: TestSplitOfTheLargestLength: "length+4 need not fit into 32 bits"
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
		if uint32(len(stream)) < length+prefixSize {
			break
		}
		end := int(length + prefixSize)
		frames = append(frames, stream[min(prefixSize, end):end:end])
		stream = stream[end:]
	}
	return frames, stream, nil
}
