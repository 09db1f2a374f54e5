// The mistake: It looks for U+FFFD in what package json has made, not at the bytes, and at the name alone.
//
// rejected by: TestReadHeaderLikesEveryCharacter: "a character like any other"
package header

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxJSON is the most bytes of JSON in a header.
const MaxJSON = 64 << 10

// ErrHeader is at the root of each error about a header that is not as
// agreed.
var ErrHeader = errors.New("bad header")

// A Header announces one file of protocol 1.
type Header struct {
	Name string
	Size int64
	Msg  string
}

// WriteHeader sends h in one Write, or nothing and an error.
func WriteHeader(w io.Writer, h Header) error {
	if h.Size < 0 {
		return fmt.Errorf("%w: file_size %d", ErrHeader, h.Size)
	}
	if !utf8.ValidString(h.Name) || !utf8.ValidString(h.Msg) {
		return fmt.Errorf("%w: not UTF-8", ErrHeader)
	}
	data, err := json.Marshal(struct {
		Name string `json:"file_name"`
		Size int64  `json:"file_size"`
		Msg  string `json:"msg"`
	}(h))
	if err != nil {
		return err
	}
	if len(data) > MaxJSON {
		return fmt.Errorf("%w: %d bytes of JSON", ErrHeader, len(data))
	}
	frame := binary.LittleEndian.AppendUint32(nil, uint32(len(data)))
	_, err = w.Write(append(frame, data...))
	return err
}

// ReadHeader reads one header and not one byte of what follows.
func ReadHeader(r io.Reader) (Header, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return Header{}, err
	}
	n := binary.LittleEndian.Uint32(prefix[:])
	if n == 0 || n > MaxJSON {
		return Header{}, fmt.Errorf("%w: a length of %d", ErrHeader, n)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); errors.Is(err, io.EOF) {
		return Header{}, io.ErrUnexpectedEOF
	} else if err != nil {
		return Header{}, err
	}
	h, err := parse(data)
	if err != nil {
		return Header{}, fmt.Errorf("%w: %w", ErrHeader, err)
	}
	return h, nil
}

func parse(data []byte) (h Header, err error) {
	if !json.Valid(data) {
		return h, errors.New("not JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if first, _ := dec.Token(); first != json.Delim('{') {
		return h, errors.New("not an object")
	}
	seen := map[any]int{}
	for dec.More() {
		key, _ := dec.Token()
		seen[key]++
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return h, err
		}
	}
	if len(seen) != 3 || seen["file_name"] != 1 || seen["file_size"] != 1 || seen["msg"] != 1 {
		return h, errors.New("a field is missing, or there twice")
	}
	var is struct {
		Name *string `json:"file_name"`
		Size *int64  `json:"file_size"`
		Msg  *string `json:"msg"`
	}
	dec = json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&is); err != nil {
		return h, err
	}
	if is.Name == nil || is.Size == nil || *is.Size < 0 || is.Msg == nil {
		return h, errors.New("a value is missing")
	}
	if strings.ContainsRune(*is.Name, utf8.RuneError) {
		return h, errors.New("not UTF-8")
	}
	return Header{*is.Name, *is.Size, *is.Msg}, nil
}
