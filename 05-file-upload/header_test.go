package upload

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"example.com/dialtone/05-file-upload/internal/peer"
)

var headers = []Header{
	{"film.mp4", 300, "hi"}, {"电影.mp4", 0, ""}, {"film.mp4", 1 << 40, "你好"}, {"a\ufffd🎬", 1, `\ud800`},
}

func readHeader(r io.Reader) (Header, error) {
	data, err := ReadFrame(r)
	if err != nil {
		return Header{}, err
	}
	return ParseHeader(data)
}

// What is written is what is read, whatever way the stream splits, and not
// one byte of the file behind it is taken. Cut off anywhere but before its
// first byte, a header is cut off, not ended.
func TestHeaderRoundTrip(t *testing.T) {
	for way, split := range map[string]func(io.Reader) io.Reader{
		"whole":           func(r io.Reader) io.Reader { return r },
		"one byte a read": iotest.OneByteReader,
		"half a read":     iotest.HalfReader,
		"data with EOF":   iotest.DataErrReader,
	} {
		var stream bytes.Buffer
		for _, h := range headers {
			require.NoError(t, WriteFrame(&stream, h))
			stream.WriteByte('X')
		}
		r := split(&stream)
		for _, want := range headers {
			got, err := readHeader(r)
			require.NoError(t, err, way)
			require.Empty(t, cmp.Diff(want, got), way)
			var body [1]byte
			_, err = io.ReadFull(r, body[:])
			require.NoError(t, err)
			require.Equal(t, "X", string(body[:]), "%s: the byte behind the header", way)
		}
		_, err := readHeader(r)
		require.Equal(t, io.EOF, err, "%s: the end between two headers", way)
		whole := peer.Header1("film", 3)
		for n := 1; n < len(whole); n++ {
			_, err := readHeader(split(bytes.NewReader(whole[:n])))
			require.Equal(t, io.ErrUnexpectedEOF, err, "%s: %d of %d bytes", way, n, len(whole))
		}
	}
}

func TestHeaderIsOneWrite(t *testing.T) {
	var w writes
	require.NoError(t, WriteFrame(&w, headers[0]))
	require.Equal(t, writes{"\x33\x00\x00\x00" + `{"file_name":"film.mp4","file_size":300,"msg":"hi"}`}, w)
}

type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

// A length is judged before a byte of what it promises is waited for.
func TestLengthIsNotBelieved(t *testing.T) {
	for _, n := range []uint32{0, MaxHeader + 1, 0x7fffffff, 0x80000000, 0xffffffff} {
		prefix := binary.LittleEndian.AppendUint32(nil, n)
		_, err := ReadFrame(io.MultiReader(bytes.NewReader(prefix), iotest.ErrReader(errors.New("it read on"))))
		require.ErrorIs(t, err, ErrHeader, "a length of %d", n)
		require.ErrorContains(t, err, fmt.Sprint(n))
	}
	_, err := ReadFrame(strings.NewReader("GET / HTTP/1.1\r\n"))
	require.ErrorContains(t, err, `"GET "`)

	// The greatest that is allowed: 64 KiB to the byte.
	h := Header{"a", 1, strings.Repeat("x", MaxHeader-len(`{"file_name":"a","file_size":1,"msg":""}`))}
	var w bytes.Buffer
	require.NoError(t, WriteFrame(&w, h))
	got, err := readHeader(&w)
	require.NoError(t, err)
	require.Equal(t, h, got)
	h.Msg += "x"
	require.ErrorIs(t, WriteFrame(&w, h), ErrHeader)
	require.Zero(t, w.Len())
}

func TestHeadersThatAreRefused(t *testing.T) {
	for _, row := range []struct{ why, json, says string }{
		{"not JSON", `{file_name}`, "not JSON"},
		{"cut off", `{"file_name":"a","file_size":1,"msg":""`, "not JSON"},
		{"two values", `{"file_name":"a","file_size":1,"msg":""}{}`, "not JSON"},
		{"a comma too many", `{"file_name":"a","file_size":1,"msg":"",}`, "not JSON"},
		{"bad UTF-8", "{\"file_name\":\"\xff\",\"file_size\":1,\"msg\":\"\"}", "not UTF-8"},
		{"half a surrogate pair", `{"file_name":"\ud800","file_size":1,"msg":""}`, "half a character"},
		{"the other half", `{"file_name":"a","file_size":1,"msg":"\\\uDCFFa"}`, "half a character"},
		{"one and a half", `{"file_name":"a\uD83C\uDFAC\ud83c","file_size":1,"msg":""}`, "half a character"},
		{"half a field", `{"file_name":"a","file_size":1,"msg":"","\udfff":1}`, "half a character"},
		{"an array", `["a",1,""]`, "not a JSON object"},
		{"a string", `"file_name"`, "not a JSON object"},
		{"null", `null`, "not a JSON object"},
		{"no fields", `{}`, "file_name is missing"},
		{"no name", `{"file_size":1,"msg":""}`, "file_name is missing"},
		{"no size", `{"file_name":"a","msg":""}`, "file_size is missing"},
		{"no msg", `{"file_name":"a","file_size":1}`, "msg is missing"},
		{"another case", `{"FILE_NAME":"a","file_size":1,"msg":""}`, "file_name is missing"},
		{"unknown field", `{"file_name":"a","file_size":1,"msg":"","mode":1}`, "unknown field"},
		{"twice", `{"file_name":"a","file_name":"b","file_size":1,"msg":""}`, "there twice"},
		{"name a number", `{"file_name":7,"file_size":1,"msg":""}`, "file_name is not text"},
		{"name null", `{"file_name":null,"file_size":1,"msg":""}`, "file_name is not text"},
		{"name an object", `{"file_name":{"a":1},"file_size":1,"msg":""}`, "neither text nor a number"},
		{"msg a list", `{"file_name":"a","file_size":1,"msg":[]}`, "neither text nor a number"},
		{"size text", `{"file_name":"a","file_size":"1","msg":""}`, "file_size is not a whole number"},
		{"size true", `{"file_name":"a","file_size":true,"msg":""}`, "not a whole number"},
		{"a list of numbers", `{"file_name":[1],"file_size":1,"msg":""}`, "neither text nor a number"},
		{"size negative", `{"file_name":"a","file_size":-1,"msg":""}`, "negative"},
		{"size fractional", `{"file_name":"a","file_size":1.5,"msg":""}`, "not a whole number"},
		{"size 1.0", `{"file_name":"a","file_size":1.0,"msg":""}`, "not a whole number"},
		{"size 1e3", `{"file_name":"a","file_size":1e3,"msg":""}`, "not a whole number"},
		{"size past 64 bits", `{"file_name":"a","file_size":9223372036854775808,"msg":""}`, "not a whole number"},
		{"size Infinity", `{"file_name":"a","file_size":Infinity,"msg":""}`, "not JSON"},
		{"size NaN", `{"file_name":"a","file_size":NaN,"msg":""}`, "not JSON"},
		{"protocol 2 without version", `{"file_name":"a","file_size":1,"msg":"","modified":1,"digest":"none"}`, "unknown field"},
	} {
		_, err := ParseHeader([]byte(row.json))
		require.ErrorIs(t, err, ErrHeader, row.why)
		require.ErrorContains(t, err, row.says, row.why)
	}
}

// Arbitrary bytes never panic; what is accepted is written and read again
// as the same header, and its limits hold.
func FuzzHeader(f *testing.F) {
	f.Add(peer.Header1("电影.mp4", 300))
	f.Add(peer.Frame(`{"file_name":"\u7535\u5f71","file_size":1,"msg":""}`))
	f.Add([]byte("\xff\xff\xff\xff{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bytes.NewReader(data)
		h, err := readHeader(in)
		if err != nil {
			return
		}
		used := len(data) - in.Len()
		require.EqualValues(t, 4+binary.LittleEndian.Uint32(data), used, "bytes read")
		require.GreaterOrEqual(t, h.Size, int64(0))
		var w bytes.Buffer
		if err := WriteFrame(&w, h); err != nil {
			// Only because json.Marshal escapes <, > and &.
			require.Greater(t, used, MaxHeader/6)
			return
		}
		again, err := readHeader(&w)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(h, again))
	})
}
