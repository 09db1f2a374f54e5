// The mistake: The JSON is put together by hand, and nothing in it is escaped.
//
// rejected by: TestWriteHeaderEscapes: "have to be escaped"
package header

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
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
	data := `{"file_name":"` + h.Name + `","file_size":` + strconv.FormatInt(h.Size, 10) + `,"msg":"` + h.Msg + `"}`
	if len(data) > MaxJSON {
		return fmt.Errorf("%w: %d bytes of JSON", ErrHeader, len(data))
	}
	frame := binary.LittleEndian.AppendUint32(nil, uint32(len(data)))
	_, err := w.Write(append(frame, data...))
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
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	first, _ := dec.Token()
	if !utf8.Valid(data) || !json.Valid(data) || first != json.Delim('{') {
		return h, errors.New("not a JSON object")
	}
	seen := map[any]bool{}
	for dec.More() {
		key, _ := dec.Token()
		value, _ := dec.Token()
		if seen[key] {
			return h, fmt.Errorf("%q twice", key)
		}
		seen[key] = true
		text, isText := value.(string)
		number, isNumber := value.(json.Number)
		switch {
		case key == "file_name" && isText:
			h.Name = text
		case key == "msg" && isText:
			h.Msg = text
		case key == "file_size" && isNumber:
			if h.Size, err = strconv.ParseInt(number.String(), 10, 64); err != nil || h.Size < 0 {
				return h, fmt.Errorf("file_size %.40s", number)
			}
		default:
			return h, fmt.Errorf("field %.40q is unknown or of the wrong type", key)
		}
	}
	if len(seen) != 3 {
		return h, errors.New("a field is missing")
	}
	return h, nil
}
