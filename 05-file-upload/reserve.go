package upload

import "fmt"

// reserve takes the space before the first byte comes: a full disk is
// known at once, and the file lies in one piece. Unfinished files of
// others give way.
func (in *Incoming) reserve() error {
	err := reserve(in.File, in.Offset, in.header.Size-in.Offset)
	if full(err) {
		in.folder.sweep(0)
		err = reserve(in.File, in.Offset, in.header.Size-in.Offset)
	}
	if full(err) {
		return fmt.Errorf("%w: no room for %v", ErrFull, Size(in.header.Size-in.Offset))
	}
	return err
}
