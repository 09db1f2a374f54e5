// Package header is an exercise: what goes before a file on the wire.
package header

import (
	"errors"
	"io"
)

// MaxJSON is the most bytes of JSON in a header.
const MaxJSON = 64 << 10

// ErrHeader is at the root of each error about a header that is not as
// agreed: errors.Is finds it.
var ErrHeader = errors.New("bad header")

// A Header announces one file of protocol 1. On the wire it is 4 bytes,
// the length of the JSON as a little-endian unsigned number, and the JSON,
// such as {"file_name":"a.mp4","file_size":300,"msg":"hi"}. Then come
// exactly Size bytes of the file, and then the next header, or the end.
type Header struct {
	Name string // file_name
	Size int64  // file_size
	Msg  string // msg
}

// WriteHeader sends h in one Write, its JSON with the fields in this order
// and without white space. It sends nothing and returns an
// ErrHeader if Size is negative, if Name or Msg is not UTF-8, or if the
// JSON has more than MaxJSON bytes. An error of w is returned as it is, or
// wrapped.
func WriteHeader(w io.Writer, h Header) error {
	panic("not begun")
}

// ReadHeader reads one header, however r splits it, and not one byte of
// what follows.
//
//   - io.EOF, as it is, if r ends before the first byte: the client hung
//     up between two files. An end anywhere later is, or wraps,
//     io.ErrUnexpectedEOF. Any other error of r is returned, or wrapped.
//   - A length of 0, or over MaxJSON, is an ErrHeader, and is so before a
//     byte of the JSON is waited for or memory is taken for it.
//   - The JSON is valid UTF-8 and one object with exactly these fields,
//     each once, spelt so: file_name and msg are strings, file_size is a
//     whole number from 0 to 2^63-1, written without dot or exponent. All
//     else is an ErrHeader. (json.Unmarshal alone accepts much more.)
//   - With any error the Header is the zero Header.
func ReadHeader(r io.Reader) (Header, error) {
	panic("not begun")
}
