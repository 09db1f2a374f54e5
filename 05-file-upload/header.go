package upload

import (
	"encoding/json"
	"io"
	"slices"
	"unicode/utf8"
)

// A Header announces one file; its bytes follow. (Source, 8.1 and 8.2.)
type Header struct {
	Name string // what the file is to be called; see CheckName
	Size int64  // exactly this many bytes follow
	Msg  string // a word to the server, which does nothing with it

	// Protocol is 1, the source's: the server never answers. Or 2: it
	// answers, because this header asks it to.
	Protocol int

	// The rest is protocol 2's.
	Modified int64  // the file's time: nanoseconds since 1970, UTC
	Digest   string // SHA256, CRC32C or None
}

// The header on the wire. Protocol 2 is protocol 1 with three fields
// more.
type (
	wire1 struct {
		Name string `json:"file_name"`
		Size int64  `json:"file_size"`
		Msg  string `json:"msg"`
	}
	wire2 struct {
		wire1
		Version  int    `json:"version"`
		Modified int64  `json:"modified"`
		Digest   string `json:"digest"`
	}
)

// WriteHeader sends h in one Write.
func WriteHeader(w io.Writer, h Header) error {
	one := wire1{h.Name, h.Size, h.Msg}
	for _, text := range []string{h.Name, h.Msg, h.Digest} {
		// json.Marshal would put U+FFFD there, and say nothing.
		if !utf8.ValidString(text) {
			return bad("%.40q is not UTF-8", text)
		}
	}
	switch {
	case h.Size < 0:
		return bad("file_size is negative: %d", h.Size)
	case h.Protocol == 1:
		return writeFrame(w, one)
	case h.Protocol != 2:
		return bad("there is no protocol %d", h.Protocol)
	case !slices.Contains(Digests, h.Digest):
		return bad("unknown digest %.40q, want one of %s", h.Digest, Digests)
	}
	return writeFrame(w, wire2{one, 2, h.Modified, h.Digest})
}

// ReadHeader reads the header of the next file. io.EOF is a client that
// hung up between two files; ErrHeader, a header that is not as agreed:
// each field must be there once, of its type, and no other. Even then
// Protocol is 2 if there was a version: such a client reads answers.
func ReadHeader(r io.Reader) (Header, error) {
	h := Header{Protocol: 1}
	f, err := readFrame(r)
	if err != nil {
		return h, err
	}
	want := []string{"file_name", "file_size", "msg"}
	if version, there := f["version"]; there {
		h.Protocol = 2
		want = append(want, "version", "modified", "digest")
		if version != json.Number("2") {
			return h, bad("version is %.40q, want 2", version)
		}
	}
	if err := f.only(want...); err != nil {
		return h, err
	}
	h.Name = f.text("file_name", &err)
	h.Size = f.whole("file_size", &err)
	h.Msg = f.text("msg", &err)
	if h.Protocol == 2 {
		h.Modified = f.whole("modified", &err)
		h.Digest = f.text("digest", &err)
	}
	switch {
	case err != nil:
	case h.Size < 0:
		err = bad("file_size is negative: %d", h.Size)
	case h.Protocol == 2 && !slices.Contains(Digests, h.Digest):
		err = bad("unknown digest %.40q, want one of %s", h.Digest, Digests)
	}
	return h, err
}
