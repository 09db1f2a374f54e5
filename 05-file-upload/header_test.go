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
)

var headers = []Header{
	{Name: "film.mp4", Size: 300, Msg: "hi", Protocol: 1},
	{Name: "电影.mp4", Size: 0, Protocol: 1},
	{Name: "film.mp4", Size: 1 << 40, Msg: "你好", Protocol: 2, Modified: -5, Digest: SHA256},
	{Name: "a", Size: 1, Protocol: 2, Modified: 1767225600123456789, Digest: None},
	{Name: "a\ufffd🎬", Msg: `\ud800`, Protocol: 1},
}

// What is written is what is read, whatever way the stream splits, and not
// one byte of the file behind it is taken.
func TestHeaderRoundTrip(t *testing.T) {
	ways := map[string]func(io.Reader) io.Reader{
		"whole":           func(r io.Reader) io.Reader { return r },
		"one byte a read": iotest.OneByteReader,
		"half a read":     iotest.HalfReader,
		"data with EOF":   iotest.DataErrReader,
	}
	for way, split := range ways {
		var stream bytes.Buffer
		for _, h := range headers {
			require.NoError(t, WriteHeader(&stream, h))
			stream.WriteByte('X')
		}
		r := split(&stream)
		for _, want := range headers {
			got, err := ReadHeader(r)
			require.NoError(t, err, way)
			require.Empty(t, cmp.Diff(want, got), way)
			var body [1]byte
			_, err = io.ReadFull(r, body[:])
			require.NoError(t, err)
			require.Equal(t, "X", string(body[:]), "%s: the byte behind the header", way)
		}
		_, err := ReadHeader(r)
		require.Equal(t, io.EOF, err, "%s: the end between two headers", way)
	}
}

func TestHeaderIsOneWrite(t *testing.T) {
	var w writes
	require.NoError(t, WriteHeader(&w, headers[0]))
	require.Len(t, w, 1)
	require.Equal(t, "\x33\x00\x00\x00"+`{"file_name":"film.mp4","file_size":300,"msg":"hi"}`, w[0])
}

type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

// Cut off at any byte but the first, a header is cut off, not ended.
func TestHeaderCutAnywhere(t *testing.T) {
	var whole bytes.Buffer
	require.NoError(t, WriteHeader(&whole, headers[2]))
	for n := range whole.Len() {
		_, err := ReadHeader(bytes.NewReader(whole.Bytes()[:n]))
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		require.Equal(t, want, err, "%d of %d bytes", n, whole.Len())
	}
}

// A length is judged before a byte of what it promises is waited for.
func TestLengthIsNotBelieved(t *testing.T) {
	for _, n := range []uint32{0, MaxHeader + 1, 0x7fffffff, 0x80000000, 0xffffffff} {
		prefix := binary.LittleEndian.AppendUint32(nil, n)
		_, err := ReadHeader(io.MultiReader(bytes.NewReader(prefix), iotest.ErrReader(errors.New("it read on"))))
		require.ErrorIs(t, err, ErrHeader, "a length of %d", n)
		require.ErrorContains(t, err, fmt.Sprint(n))
	}
	_, err := ReadHeader(strings.NewReader("GET / HTTP/1.1\r\n"))
	require.ErrorContains(t, err, `"GET "`)

	// The greatest that is allowed: 64 KiB to the byte.
	filler := strings.Repeat("x", MaxHeader-len(`{"file_name":"a","file_size":1,"msg":""}`))
	h, err := ReadHeader(bytes.NewReader(frame(`{"file_name":"a","file_size":1,"msg":"` + filler + `"}`)))
	require.NoError(t, err)
	require.Len(t, h.Msg, len(filler))
	var w bytes.Buffer
	require.NoError(t, WriteHeader(&w, h))
	h.Msg += "x"
	require.ErrorIs(t, WriteHeader(io.Discard, h), ErrHeader)
}

func TestHeadersThatAreRefused(t *testing.T) {
	rows := []struct{ why, json, says string }{
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
		{"name null", `{"file_name":null,"file_size":1,"msg":""}`, "neither text nor a number"},
		{"name an object", `{"file_name":{"a":1},"file_size":1,"msg":""}`, "neither text nor a number"},
		{"msg a list", `{"file_name":"a","file_size":1,"msg":[]}`, "neither text nor a number"},
		{"size text", `{"file_name":"a","file_size":"1","msg":""}`, "file_size is not a whole number"},
		{"size true", `{"file_name":"a","file_size":true,"msg":""}`, "neither text nor a number"},
		{"size negative", `{"file_name":"a","file_size":-1,"msg":""}`, "negative"},
		{"size fractional", `{"file_name":"a","file_size":1.5,"msg":""}`, "not a whole number"},
		{"size 1.0", `{"file_name":"a","file_size":1.0,"msg":""}`, "not a whole number"},
		{"size 1e3", `{"file_name":"a","file_size":1e3,"msg":""}`, "not a whole number"},
		{"size past 64 bits", `{"file_name":"a","file_size":9223372036854775808,"msg":""}`, "not a whole number"},
		{"size Infinity", `{"file_name":"a","file_size":Infinity,"msg":""}`, "not JSON"},
		{"size NaN", `{"file_name":"a","file_size":NaN,"msg":""}`, "not JSON"},
		{"version 1", `{"file_name":"a","file_size":1,"msg":"","version":1}`, "version"},
		{"version 3", `{"file_name":"a","file_size":1,"msg":"","version":3,"modified":1,"digest":"none"}`, "version"},
		{"version text", `{"file_name":"a","file_size":1,"msg":"","version":"2","modified":1,"digest":"none"}`, "version"},
		{"no digest", `{"file_name":"a","file_size":1,"msg":"","version":2,"modified":1}`, "digest is missing"},
		{"unknown digest", `{"file_name":"a","file_size":1,"msg":"","version":2,"modified":1,"digest":"md5"}`, "md5"},
		{"protocol 2 without version", `{"file_name":"a","file_size":1,"msg":"","modified":1,"digest":"none"}`, "unknown field"},
	}
	for _, row := range rows {
		h, err := ReadHeader(bytes.NewReader(frame(row.json)))
		require.ErrorIs(t, err, ErrHeader, row.why)
		require.ErrorContains(t, err, row.says, row.why)
		// Who said "version" reads answers; who did not must get none.
		want := 1
		if strings.Contains(row.json, `"version"`) {
			want = 2
		}
		require.Equal(t, want, h.Protocol, row.why)
	}
}

func TestHeadersThatAreNotWritten(t *testing.T) {
	for _, h := range []Header{
		{Name: "a", Size: -1, Protocol: 1},
		{Name: "a\xff", Protocol: 1},
		{Name: "a", Msg: "\xff", Protocol: 1},
		{Name: "a"},
		{Name: "a", Protocol: 3},
		{Name: "a", Protocol: 2, Digest: "md5"},
		{Name: "a", Msg: strings.Repeat("x", MaxHeader), Protocol: 1},
	} {
		var w bytes.Buffer
		require.ErrorIs(t, WriteHeader(&w, h), ErrHeader)
		require.Zero(t, w.Len(), "a refused header left %q on the wire", w.String())
	}
}

func TestAnswers(t *testing.T) {
	for _, want := range []answer{
		{Status: "send", Offset: 0}, {Status: "send", Offset: 1 << 40},
		{Status: "refused", Error: "满了"}, {Status: "stored"},
	} {
		var w bytes.Buffer
		require.NoError(t, writeAnswer(&w, want))
		got, err := readAnswer(&w)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, text := range []string{
		`{}`, `{"status":7}`, `{"status":"ok"}`, `{"status":"send"}`, `{"status":"send","offset":"1"}`,
		`{"status":"stored","offset":1}`, `{"status":"refused"}`, `{"status":"refused","error":1}`, `[]`,
	} {
		_, err := readAnswer(bytes.NewReader(frame(text)))
		require.ErrorIs(t, err, ErrHeader, text)
	}
	for _, text := range []string{`{}`, `{"digest":1}`, `{"digest":"","more":1}`} {
		_, err := readTrailer(bytes.NewReader(frame(text)))
		require.ErrorIs(t, err, ErrHeader, text)
	}
}

// Arbitrary bytes never panic; what is accepted is written and read again
// as the same header, and its limits hold.
func FuzzHeader(f *testing.F) {
	for _, h := range headers {
		var w bytes.Buffer
		WriteHeader(&w, h)
		f.Add(w.Bytes())
	}
	f.Add(frame(`{"file_name":"\u7535\u5f71","file_size":1,"msg":""}`))
	f.Add([]byte("\xff\xff\xff\xff{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bytes.NewReader(data)
		h, err := ReadHeader(in)
		if err != nil {
			return
		}
		used := len(data) - in.Len()
		require.Equal(t, 4+int(binary.LittleEndian.Uint32(data)), used, "bytes read")
		require.GreaterOrEqual(t, h.Size, int64(0))
		var w bytes.Buffer
		if err := WriteHeader(&w, h); err != nil {
			// Only because json.Marshal escapes <, > and &.
			require.Greater(t, used, MaxHeader/6)
			return
		}
		again, err := ReadHeader(&w)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(h, again))
	})
}
