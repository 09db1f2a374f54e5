package upload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"
)

// ErrHeader is at the root of every header that is not as agreed. What
// follows it on the stream cannot be trusted: close.
var ErrHeader = errors.New("bad header")

// Bad is an ErrHeader that says what is wrong.
func Bad(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrHeader}, args...)...)
}

// A Header announces one file; its bytes follow. (Source, 8.1 and 8.2.)
type Header struct {
	Name string `json:"file_name"` // what the file is to be called
	Size int64  `json:"file_size"` // exactly this many bytes follow
	Msg  string `json:"msg"`       // the server does nothing with it
}

// ParseHeader wants each field once, of its type, and no other.
func ParseHeader(data []byte) (Header, error) {
	f := ParseFields(data)
	h := f.Header()
	return h, f.End()
}

// Fields are what a flat JSON object holds: strings and numbers. They
// are taken out one by one; the first error stays, and End returns it.
type Fields struct {
	left map[string]any
	err  error
}

// Half a surrogate pair, as in \ud800, stands for no character; Python
// writes it for a name that is not UTF-8. Whole is what may look like
// one: a pair, or a backslash that is meant.
var (
	whole = regexp.MustCompile(`\\\\|(?i:\\ud[89ab]..\\ud[c-f]..)`)
	half  = regexp.MustCompile(`(?i:\\ud[89a-f]..)`)
)

// ParseFields is stricter than json.Unmarshal, which would take NAME
// for name, the last of two duplicates, and U+FFFD for what is no
// character.
func ParseFields(data []byte) *Fields {
	f := &Fields{left: map[string]any{}}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // a float64 would round what is past 2^53
	begin, _ := dec.Token()
	f.Want(utf8.Valid(data), "not UTF-8: %.40q", data)
	f.Want(json.Valid(data), "not JSON: %.40q", data)
	f.Want(begin == json.Delim('{'), "not a JSON object: %.40q", data)
	f.Want(!half.Match(whole.ReplaceAll(data, nil)), "half a character in %.40q", data)
	for f.err == nil && dec.More() {
		token, _ := dec.Token()
		value, _ := dec.Token()
		key := token.(string)
		f.Want(!f.Has(key), "%.40q is there twice", key)
		_, nested := value.(json.Delim)
		f.Want(!nested, "%.40q is neither text nor a number", key)
		f.left[key] = value // true and null are refused when taken
	}
	return f
}

// Want keeps the first thing that is not as it should be.
func (f *Fields) Want(ok bool, format string, args ...any) {
	if !ok && f.err == nil {
		f.err = Bad(format, args...)
	}
}

// Has says whether the field key is there, and was not taken yet.
func (f *Fields) Has(key string) bool {
	_, there := f.left[key]
	return there
}

func (f *Fields) take(key string) any {
	f.Want(f.Has(key), "%s is missing", key)
	value := f.left[key]
	delete(f.left, key)
	return value
}

// Text takes a field that is a string.
func (f *Fields) Text(key string) string {
	text, ok := f.take(key).(string)
	f.Want(ok, "%s is not text", key)
	return text
}

// Int takes a whole number of 64 bits: not 1.5, and not 1e3.
func (f *Fields) Int(key string) int64 {
	number, _ := f.take(key).(json.Number)
	n, err := strconv.ParseInt(number.String(), 10, 64)
	f.Want(err == nil, "%s is not a whole number of 64 bits", key)
	return n
}

// Header takes the three fields of a header.
func (f *Fields) Header() Header {
	h := Header{f.Text("file_name"), f.Int("file_size"), f.Text("msg")}
	f.Want(h.Size >= 0, "file_size is negative: %d", h.Size)
	return h
}

// End is the first error, of which a field that is left is the last.
func (f *Fields) End() error {
	for key := range f.left {
		f.Want(false, "unknown field %.40q", key)
	}
	return f.err
}
