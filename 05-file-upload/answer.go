package upload

import (
	"encoding/json"
	"io"
	"slices"
	"strconv"
)

// An answer is what a server says in protocol 2. On the wire it is framed
// like the header:
//
//	{"status":"send","offset":N}       go ahead, from byte N
//	{"status":"refused","error":"…"}   no, and why
//	{"status":"stored"}                it has its name
type answer struct {
	Status string
	Offset int64
	Error  string
}

func writeAnswer(w io.Writer, a answer) error {
	switch a.Status {
	case "send":
		return writeFrame(w, struct {
			Status string `json:"status"`
			Offset int64  `json:"offset"`
		}{a.Status, a.Offset})
	case "refused":
		return writeFrame(w, struct {
			Status string `json:"status"`
			Error  string `json:"error"`
		}{a.Status, a.Error})
	}
	return writeFrame(w, struct {
		Status string `json:"status"`
	}{a.Status})
}

func readAnswer(r io.Reader) (a answer, err error) {
	f, err := readFrame(r)
	if err != nil {
		return a, err
	}
	switch a.Status = f.text("status", &err); a.Status {
	case "send":
		a.Offset = f.whole("offset", &err)
		return a, first(f.only("status", "offset"), err)
	case "refused":
		a.Error = f.text("error", &err)
		return a, first(f.only("status", "error"), err)
	case "stored":
		return a, first(f.only("status"), err)
	}
	return a, bad("unknown status %.40q", a.Status)
}

// The trailer is the client's last word on a file: the digest of all of
// it, in hex, resumed part included; "" where none was agreed.
type trailer struct {
	Digest string `json:"digest"`
}

func readTrailer(r io.Reader) (digest string, err error) {
	f, err := readFrame(r)
	if err != nil {
		return "", err
	}
	digest = f.text("digest", &err)
	return digest, first(f.only("digest"), err)
}

// only checks that the fields are those of keys, neither more nor fewer.
func (f fields) only(keys ...string) error {
	for _, key := range keys {
		if _, there := f[key]; !there {
			return bad("%s is missing", key)
		}
	}
	for key := range f {
		if !slices.Contains(keys, key) {
			return bad("unknown field %.40q", key)
		}
	}
	return nil
}

// text is a string field. It keeps the first error, as whole does.
func (f fields) text(key string, err *error) string {
	s, ok := f[key].(string)
	if !ok {
		*err = first(*err, bad("%s is not text", key))
	}
	return s
}

// whole is a field that is a whole number of 64 bits: not 1.5, not 1e3.
func (f fields) whole(key string, err *error) int64 {
	number, _ := f[key].(json.Number)
	n, wrong := strconv.ParseInt(number.String(), 10, 64)
	if wrong != nil {
		*err = first(*err, bad("%s is not a whole number of 64 bits", key))
	}
	return n
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
