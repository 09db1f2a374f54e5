package resumable

import (
	"fmt"
	"io"
	"slices"

	upload "example.com/dialtone/05-file-upload"
)

// An Offer announces one file: the header of protocol 1, and three
// fields more in protocol 2, by which the client asks for answers.
type Offer struct {
	upload.Header
	Protocol int    `json:"version"`  // 1 or 2; only 2 is written
	Modified int64  `json:"modified"` // the file's time: nanoseconds since 1970, UTC
	Digest   string `json:"digest"`   // SHA256, CRC32C or None
}

// ParseOffer reads a header of either protocol. Protocol is 2 if there
// was a version, whatever else is wrong: such a client reads answers.
func ParseOffer(data []byte) (Offer, error) {
	f := upload.ParseFields(data)
	o := Offer{Protocol: 1, Digest: None}
	if f.Has("version") {
		o.Protocol = 2
		version := f.Int("version")
		f.Want(version == 2, "version is %d, want 2", version)
		o.Modified, o.Digest = f.Int("modified"), f.Text("digest")
		f.Want(slices.Contains(Digests, o.Digest), "unknown digest %.40q, want one of %s", o.Digest, Digests)
	}
	h := f.Header()
	err := f.End()
	if err == nil {
		o.Header = h
	}
	return o, err
}

// resumable says whether a half of the file is worth keeping: without a
// digest nothing would prove that the halves fit.
func (o Offer) resumable() bool { return o.Protocol == 2 && o.Digest != None }

// An answer is what a server says in protocol 2. On the wire it is
// framed like the header:
//
//	{"status":"send","offset":N}       go ahead, from byte N
//	{"status":"refused","error":"…"}   no, and why
//	{"status":"stored"}                it has its name
type answer struct {
	Status string `json:"status"`
	Offset *int64 `json:"offset,omitempty"`
	Error  string `json:"error,omitempty"`
}

func readAnswer(r io.Reader) (a answer, err error) {
	data, err := upload.ReadFrame(r)
	if err != nil {
		return a, err
	}
	f := upload.ParseFields(data)
	switch a.Status = f.Text("status"); a.Status {
	case "send":
		offset := f.Int("offset")
		a.Offset = &offset
	case "refused":
		a.Error = f.Text("error")
	default:
		f.Want(a.Status == "stored", "unknown status %.40q", a.Status)
	}
	return a, f.End()
}

// refusal is the error that it makes at the client.
func (a answer) refusal() error {
	err := fmt.Errorf("%w: %s", ErrRefused, upload.Show(a.Error))
	switch a.Error {
	case ErrExists.Error():
		return fmt.Errorf("%w; give it another name: -as NAME", err)
	case ErrDigest.Error():
		return fmt.Errorf("%w; the next try starts anew", err)
	}
	return err
}
