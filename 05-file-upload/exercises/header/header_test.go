package header_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"example.com/dialtone/05-file-upload/exercises/header"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { header.WriteHeader(io.Discard, header.Header{}) },
	func() { header.ReadHeader(strings.NewReader("")) })

func frame(json string) string { return grade.Frames(binary.LittleEndian, json) }

// write sends a header: what is then on the wire, and in how many Writes.
func write(t *testing.T, c grade.Case, h header.Header) (wire string, writes int, err error) {
	t.Helper()
	w := &grade.Line{}
	err = c.Do(t, func() error { return header.WriteHeader(w, h) })
	return w.Said(), len(w.Log()), err
}

func read(t *testing.T, c grade.Case, r io.Reader) (header.Header, error) {
	t.Helper()
	h, err := grade.Get(t, c, func() (header.Header, error) { return header.ReadHeader(r) })
	if err != nil {
		c.Usually("with an error, return Header{}").
			True(t, h == header.Header{}, "the zero Header beside the error", fmt.Sprintf("%+v", h))
	}
	return h, err
}

func same(t *testing.T, c grade.Case, want, got header.Header) {
	t.Helper()
	c.True(t, got == want, fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got))
}

func short(s string) string {
	if len(s) > 90 {
		return fmt.Sprintf("%.90q… (%d bytes)", s, len(s))
	}
	return fmt.Sprintf("%q", s)
}

const film = `{"file_name":"film.mp4","file_size":300,"msg":"hi"}`

func TestReadHeader(t *testing.T) {
	const (
		whole   = "the length is little-endian; and a Read may bring less than was asked for: io.ReadFull goes on until it has all"
		json    = "order and spaces are free in JSON, \\u escapes are letters, a float64 is not exact past 2^53, and any string may be a name here"
		replace = "U+FFFD is a character like any other; whether bytes are UTF-8 is to be asked of the bytes (utf8.Valid), not of what package json made of them"
		rest    = "the file's own bytes"
	)
	for _, row := range []struct {
		json, means string
		want        header.Header
	}{
		{film, whole, header.Header{Name: "film.mp4", Size: 300, Msg: "hi"}},
		{`{"file_name": "\u7535\u5f71.mp4", "file_size": 0, "msg": ""}`, json, header.Header{Name: "电影.mp4"}},
		{`{"file_name":"电影.mp4","file_size":9223372036854775807,"msg":"你好"}`, json, header.Header{Name: "电影.mp4", Size: 1<<63 - 1, Msg: "你好"}},
		{`{"file_name":"","file_size":1,"msg":""}`, json, header.Header{Size: 1}},
		{`{"file_name":"../a\\b","file_size":1,"msg":"../c"}`, json, header.Header{Name: `../a\b`, Size: 1, Msg: "../c"}},
		{` {"msg":"a", "file_size":9007199254740993, "file_name":"b"} `, json, header.Header{Name: "b", Size: 1<<53 + 1, Msg: "a"}},
		{"{\"file_name\":\"a\ufffd\",\"file_size\":1,\"msg\":\"\ufffd\"}", replace, header.Header{Name: "a\ufffd", Size: 1, Msg: "\ufffd"}},
	} {
		for _, manner := range grade.Manners {
			r := manner.Of(strings.NewReader(frame(row.json) + rest))
			c := grade.Case{Did: fmt.Sprintf("ReadHeader of %s, with a file right behind it, %s", short(frame(row.json)), manner.Name),
				Means: row.means}
			h, err := read(t, c, r)
			c.NoError(t, err)
			same(t, c, row.want, h)
			left, _ := io.ReadAll(r)
			c.Usually("it read on into the file: a bufio.Reader or a json.Decoder on r takes all it can get").
				Bytes(t, "what is left for the file", rest, string(left))
		}
	}
}

func TestReadHeaderCutOff(t *testing.T) {
	trouble := errors.New("cable pulled")
	for n := range frame(film) {
		came := frame(film)[:n]
		c := grade.Case{Did: fmt.Sprintf("ReadHeader of the first %d of %d bytes", n, len(frame(film))),
			Means: "io.ReadFull gives io.EOF when not one byte came; inside a header that is io.ErrUnexpectedEOF"}
		_, err := read(t, c, strings.NewReader(came))
		if n > 0 {
			c.ErrorIs(t, err, io.ErrUnexpectedEOF)
		} else {
			c.Usually("an end before the first byte is the one good end: return io.EOF as it is").
				True(t, err == io.EOF, "io.EOF itself", grade.Describe(err))
		}
		c = grade.Case{Did: fmt.Sprintf("%s, then the error %q", c.Did, trouble), Means: "an error of r was dropped or replaced by another one"}
		_, err = read(t, c, io.MultiReader(strings.NewReader(came), iotest.ErrReader(trouble)))
		c.ErrorIs(t, err, trouble)
	}
}

func TestReadHeaderDoesNotBelieveTheLength(t *testing.T) {
	readOn := errors.New("it read on")
	for _, n := range []uint32{0, header.MaxJSON + 1, 0x01000000, 0x7fffffff, 0x80000000, 0xffffffff} {
		c := grade.Case{Did: fmt.Sprintf("ReadHeader of a length of %d, and nothing yet behind it", n),
			Means: "check the length right after the four bytes: unsigned, little-endian, 1 to MaxJSON"}
		prefix := bytes.NewReader(binary.LittleEndian.AppendUint32(nil, n))
		_, err := read(t, c, io.MultiReader(prefix, iotest.ErrReader(readOn)))
		c.ErrorIs(t, err, header.ErrHeader)
	}
}

func TestHeaderAtTheLimit(t *testing.T) {
	c := grade.Case{Did: "WriteHeader of exactly 65536 bytes of JSON, and ReadHeader of that, the last of it together with io.EOF",
		Means: "MaxJSON is 64 KiB, and the limit itself is allowed"}
	h := header.Header{Name: "a", Size: 1, Msg: strings.Repeat("x", 65536-len(`{"file_name":"a","file_size":1,"msg":""}`))}
	sent, _, err := write(t, c, h)
	c.NoError(t, err)
	c.True(t, len(sent) == 4+65536 && header.MaxJSON == 65536, "65540 bytes on the wire, and MaxJSON as it was: 65536", fmt.Sprintf("%d, and %d", len(sent), header.MaxJSON))
	got, err := read(t, c, iotest.DataErrReader(strings.NewReader(sent)))
	c.NoError(t, err)
	c.True(t, got == h, fmt.Sprintf("a msg of %d bytes", len(h.Msg)), fmt.Sprintf("%d bytes", len(got.Msg)))
}

func TestReadHeaderRefuses(t *testing.T) {
	for _, row := range []struct {
		means string
		jsons []string
	}{
		{"json.Unmarshal leaves a missing field at zero, and takes FILE_NAME for file_name", []string{
			`{}`, `{"file_size":1,"msg":""}`, `{"file_name":"a","msg":""}`, `{"file_name":"a","file_size":1}`,
			`{"FILE_NAME":"a","file_size":1,"msg":""}`}},
		{"json.Unmarshal takes FILE_NAME for file_name, DisallowUnknownFields or not: which of the two names counts?", []string{
			`{"file_name":"a","FILE_NAME":"b","file_size":1,"msg":""}`, `{"Msg":"","file_name":"a","file_size":1,"msg":""}`}},
		{"json.Unmarshal takes the last of two; what looked at the first has checked another name", []string{
			`{"file_name":"a","file_name":"b","file_size":1,"msg":""}`, `{"file_size":1,"file_name":"a","file_size":1,"msg":""}`}},
		{"a field that means something to the peer and nothing to us is no agreement", []string{
			`{"file_name":"a","file_size":1,"msg":"","mode":7}`, `{"file_name":"a","file_size":1,"msg":"","":{}}`}},
		{"a string is a string, a number a number; null is neither, and json.Unmarshal ignores it", []string{
			`{"file_name":7,"file_size":1,"msg":""}`, `{"file_name":null,"file_size":1,"msg":""}`,
			`{"file_name":{},"file_size":1,"msg":""}`, `{"file_name":"a","file_size":1,"msg":["x"]}`,
			`{"file_name":"a","file_size":"1","msg":""}`, `{"file_name":"a","file_size":null,"msg":""}`,
			`{"file_name":"a","file_size":true,"msg":""}`, `{"file_name":"a","file_size":1,"msg":null}`,
			`{"file_name":"a","file_size":1,"msg":7}`}},
		{"file_size is a whole number from 0 to 2^63-1, without dot or exponent", []string{
			`{"file_name":"a","file_size":-1,"msg":""}`, `{"file_name":"a","file_size":1.5,"msg":""}`,
			`{"file_name":"a","file_size":1.0,"msg":""}`, `{"file_name":"a","file_size":1e3,"msg":""}`,
			`{"file_name":"a","file_size":9223372036854775808,"msg":""}`, `{"file_name":"a","file_size":1e999,"msg":""}`,
			`{"file_name":"a","file_size":Infinity,"msg":""}`, `{"file_name":"a","file_size":NaN,"msg":""}`}},
		{"JSON has more than objects", []string{`[]`, `["a",1,""]`, `"a"`, `7`, `null`, `true`}},
		{"the whole of it has to be JSON, and UTF-8: package json puts U+FFFD for bad bytes and says nothing", []string{
			`{file_name}`, `{"file_name":"a","file_size":1,"msg":""`, `{"file_name":"a","file_size":1,"msg":"",}`,
			`{"file_name":"a","file_size":1,"msg":""}{}`, `{"file_name":"a","file_size":1,"msg":""} x`,
			"{\"file_name\":\"\xff\",\"file_size\":1,\"msg\":\"\"}", "{\"file_name\":\"a\",\"file_size\":1,\"msg\":\"\xff\"}", "\x00", " "}},
	} {
		for _, json := range row.jsons {
			c := grade.Case{Did: "ReadHeader of the JSON " + short(json), Means: row.means}
			_, err := read(t, c, strings.NewReader(frame(json)))
			c.ErrorIs(t, err, header.ErrHeader)
		}
	}
}

func TestWriteHeader(t *testing.T) {
	for _, tt := range []struct {
		json string
		header.Header
	}{
		{film, header.Header{Name: "film.mp4", Size: 300, Msg: "hi"}},
		{`{"file_name":"电影.mp4","file_size":0,"msg":""}`, header.Header{Name: "电影.mp4"}},
		{`{"file_name":"","file_size":1,"msg":"../a"}`, header.Header{Size: 1, Msg: "../a"}},
	} {
		c := grade.Case{Did: fmt.Sprintf("WriteHeader of %+v", tt.Header),
			Means: "4 bytes of length, little-endian, of the JSON's bytes (not its letters), then the JSON"}
		wire, writes, err := write(t, c, tt.Header)
		c.NoError(t, err)
		c.Bytes(t, "what is on the wire", frame(tt.json), wire)
		c.Usually("some peers read the length with one recv and the JSON with another: send both at once").
			True(t, writes == 1, "one Write", fmt.Sprintf("%d of them", writes))
	}
	c := grade.Case{Did: "WriteHeader on a connection that is broken", Means: "the error of Write was dropped or replaced"}
	broken := &grade.Line{Take: func([]byte) (int, error) { return 0, io.ErrClosedPipe }}
	c.ErrorIs(t, c.Do(t, func() error { return header.WriteHeader(broken, header.Header{Name: "a"}) }), io.ErrClosedPipe)
}

func TestWriteHeaderEscapes(t *testing.T) {
	for _, text := range []string{`a "film"`, `a\b`, "a\x01", "a\a", "a\nb", "<&>", "a\u2028b", "a\ufffd", `\u0041`} {
		for _, h := range []header.Header{{Name: text, Size: 1}, {Name: "a", Size: 1, Msg: text}} {
			c := grade.Case{Did: fmt.Sprintf("WriteHeader of the name %+q and the msg %+q", h.Name, h.Msg),
				Means: "quotes, backslashes and control characters have to be escaped, and as JSON does it: %q is Go's way; json.Marshal knows how"}
			wire, _, err := write(t, c, h)
			c.NoError(t, err)
			sent := wire[min(4, len(wire)):]
			var got struct {
				Name string `json:"file_name"`
				Size int64  `json:"file_size"`
				Msg  string `json:"msg"`
			}
			err = json.Unmarshal([]byte(sent), &got)
			c.True(t, err == nil, "JSON", fmt.Sprintf("%q: %v", sent, err))
			same(t, c, h, header.Header(got))
		}
	}
}

func TestWriteHeaderRefuses(t *testing.T) {
	const (
		text  = "what ReadHeader would refuse must not be sent; json.Marshal puts U+FFFD for bad bytes and says nothing"
		limit = "the limit is one of the JSON's bytes, escapes and all: look at its length when it is made"
	)
	for _, row := range []struct {
		means string
		h     header.Header
	}{
		{"a negative size is none: ReadHeader would refuse it", header.Header{Name: "a", Size: -1}},
		{text, header.Header{Name: "a\xff"}},
		{text, header.Header{Name: "a", Msg: "\xff"}},
		{limit, header.Header{Name: "a", Msg: strings.Repeat("x", header.MaxJSON)}},
		{limit, header.Header{Name: strings.Repeat("电", header.MaxJSON/3)}},
		{limit, header.Header{Name: "a", Msg: strings.Repeat(`"`, 40_000)}},
	} {
		h := row.h
		c := grade.Case{Did: fmt.Sprintf("WriteHeader of a name of %d bytes, size %d, msg of %d bytes (%.10q)", len(h.Name), h.Size, len(h.Msg), h.Name+h.Msg),
			Means: row.means}
		wire, _, err := write(t, c, h)
		c.ErrorIs(t, err, header.ErrHeader)
		c.Bytes(t, "what is on the wire", "", wire)
	}
}
