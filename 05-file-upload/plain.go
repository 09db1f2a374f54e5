package upload

import (
	"errors"
	"io/fs"
	"os"
)

// plain is err without the paths that it speaks of: they are ours, and
// not for the other end to read.
func plain(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}
