package prefix

import "encoding/binary"

// Frame returns p with its length before it.
func Frame(p []byte) []byte {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(p)))
	return append(frame, p...)
}
