// Package split is an exercise: take the whole frames off a buffer.
package split

import "errors"

// ErrTooLarge is for a frame that announces more than max bytes.
var ErrTooLarge = errors.New("message too large")

// Split takes the whole frames off the beginning of stream, which is what
// has arrived so far, and returns their payloads in order, and what is left.
// A frame is 4 bytes, the length of its payload as an unsigned big-endian
// number that does not count itself, and then the payload.
//
//   - rest is the frame that is not there whole yet, even part of its
//     prefix; empty if there is none. The caller appends to it what arrives
//     next and calls Split again: no byte may be lost or come twice.
//   - An empty payload is a message like any other.
//   - A prefix that announces more than max bytes is ErrTooLarge, at once,
//     not only when all of it has arrived. The frames before it are
//     returned all the same; rest begins with that prefix.
//   - The payloads may be parts of stream, and stream is not changed. But
//     appending to one payload must not overwrite what lies behind it.
//   - Many small frames must not take long: 100 000 empty ones are split
//     in a moment.
func Split(stream []byte, max uint32) (frames [][]byte, rest []byte, err error) {
	panic("not begun")
}
