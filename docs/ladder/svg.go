package ladder

import (
	"io"
)

// SVG draws a recording as a picture.
func SVG(w io.Writer, ev []Event, o Options) error {
	return nil
}
