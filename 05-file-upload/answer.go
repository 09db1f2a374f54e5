package upload

import (
	"fmt"
	"io"
)

// An answer is what a server says in protocol 2. On the wire it is
// framed like the header:
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

// refusal is the error that it makes at the client.
func (a answer) refusal() error {
	err := fmt.Errorf("%w: %s", ErrRefused, Show(a.Error))
	if a.Error == ErrExists.Error() {
		return fmt.Errorf("%w; give it another name: -as NAME", err)
	}
	return err
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
