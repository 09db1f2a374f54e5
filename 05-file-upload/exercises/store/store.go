// Package store is an exercise: a file that is whole or not there.
package store

import (
	"io"
	"os"
)

// Store reads exactly size bytes from r and keeps them as the file name in
// root. The name has been checked: it is one path element.
//
//   - While the bytes come, and after an error, nothing is to be seen under
//     the name: receive into a temporary file in root, whose name nobody
//     else has at the same time, and publish it when it is whole. (The
//     name itself may have 255 bytes, and no file's name has more.)
//   - Nothing is ever replaced. If something has the name already, whatever
//     it is (a link that leads nowhere too), and even if it came only while
//     the bytes arrived, Store returns an error in which errors.Is finds
//     fs.ErrExist. Of two Stores of one name at once, one wins. So the step
//     that publishes has to fail by itself: Link does, and Rename, however
//     late you look before it, does not.
//   - After it, successful or not, its temporary file is gone.
//   - Not one byte more than size is read from r: the next header follows.
//   - If r ends early, errors.Is finds io.ErrUnexpectedEOF. Any other error
//     of r is returned, or wrapped.
//   - size comes from the wire: a negative one is an error, before r is
//     read; one of a million gigabytes must not cost memory.
//   - Before the name is given the bytes are on the disk itself (Sync; no
//     test can see that, a power cut can).
func Store(root *os.Root, name string, r io.Reader, size int64) error {
	panic("not begun")
}
