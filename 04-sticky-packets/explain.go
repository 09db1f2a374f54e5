package sticky

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Explain adds to a TooLargeError of ReadFrame or a Reader what the
// length may be in truth; it returns other errors as they are. An absurd
// length is mostly none at all, but the first four bytes of a peer that
// speaks another protocol.
func Explain(err error) error {
	e, ok := errors.AsType[*TooLargeError](err)
	if !ok || e.Length > math.MaxUint32 {
		return err
	}
	if hint := guess(uint32(e.Length)); hint != "" {
		return fmt.Errorf("%w; that length is %s", err, hint)
	}
	return err
}

var openings = []struct{ bytes, means string }{
	{"GET ", "is a browser calling?"},
	{"POST", "is a browser calling?"},
	{"HEAD", "is an HTTP client calling?"},
	{"PUT ", "is an HTTP client calling?"},
	{"DELE", "is an HTTP client calling?"},
	{"OPTI", "is an HTTP client calling?"},
	{"PATC", "is an HTTP client calling?"},
	{"CONN", "is it meant for an HTTP proxy?"},
	{"PRI ", "is an HTTP/2 client calling?"},
	{"HTTP", "is this the answer of a web server?"},
	{"SSH-", "is this an SSH server or client?"},
	{"220 ", "is this a mail or FTP server?"},
	{"\x16\x03", "is this the hello of TLS (https)?"},
	{"{", "is this JSON without a prefix?"},
	{"<", "is this HTML or XML, from a web server?"},
}

// guess says what an absurd length may be in truth, or "".
func guess(length uint32) string {
	prefix := binary.BigEndian.AppendUint32(nil, length)
	seen := string(prefix)
	for _, o := range openings {
		if strings.HasPrefix(seen, o.bytes) {
			return fmt.Sprintf("%q: %s", seen, o.means)
		}
	}
	if first, size := utf8.DecodeRuneInString(seen); size > 1 && unicode.IsLetter(first) {
		return fmt.Sprintf("the beginning of %q: is this text without a prefix?", first)
	}
	if strings.IndexFunc(seen, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsPrint(r) && !unicode.IsSpace(r)
	}) < 0 {
		return fmt.Sprintf("%q: is this text without a prefix?", seen)
	}
	if n := int32(length); -1<<16 < n && n < 0 {
		return fmt.Sprintf("%d as a signed number: did the sender send an error code?", n)
	}
	// Over 16 MiB as it stands, under 16 MiB when turned round.
	if n := binary.LittleEndian.Uint32(prefix); prefix[0] > 0 && prefix[3] == 0 {
		return fmt.Sprintf("%d with its bytes reversed: is the sender little-endian?", n)
	}
	return ""
}
