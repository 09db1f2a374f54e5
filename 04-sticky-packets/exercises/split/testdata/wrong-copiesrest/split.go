// The mistake: What is left is copied after each frame.
//
// rejected by: TestSplitOfManyFrames: "are copied for each frame"
package split

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrTooLarge is for a frame that announces more than max bytes.
var ErrTooLarge = errors.New("message too large")

const prefixSize = 4

// Split takes the whole frames off the beginning of stream and returns
// their payloads, which are parts of stream, and what is left. Of a frame
// too large, the frames before it are returned too.
func Split(stream []byte, max uint32) (frames [][]byte, rest []byte, err error) {
	for len(stream) >= prefixSize {
		length := binary.BigEndian.Uint32(stream)
		if length > max {
			return frames, stream, fmt.Errorf("%w: %d bytes, the maximum is %d", ErrTooLarge, length, max)
		}
		// Compared as 64 bits: where int has 32, length may not fit.
		if uint64(len(stream)-prefixSize) < uint64(length) {
			break
		}
		end := prefixSize + int(length)
		// The third number is the capacity: an append has to make room
		// elsewhere.
		frames = append(frames, stream[prefixSize:end:end])
		stream = append([]byte(nil), stream[end:]...)
	}
	return frames, stream, nil
}
