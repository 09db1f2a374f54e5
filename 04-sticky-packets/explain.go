package sticky

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrTooLarge is what errors.Is finds in every TooLargeError.
var ErrTooLarge = errors.New("message too large")

// A TooLargeError says that a message is, or claims to be, longer than
// allowed.
type TooLargeError struct {
	Length uint64 // bytes, as announced by the prefix or handed to us
	Max    uint32 // bytes, as allowed
	Guess  string // what the prefix may be in truth; "" if it looks like one
}

func (e *TooLargeError) Error() string {
	if e.Guess == "" {
		return fmt.Sprintf("message of %d bytes: the maximum is %d", e.Length, e.Max)
	}
	return fmt.Sprintf("length %d is %s (the maximum is %d)", e.Length, e.Guess, e.Max)
}

// Is makes errors.Is(err, ErrTooLarge) work.
func (e *TooLargeError) Is(target error) bool { return target == ErrTooLarge }

// An absurd length is mostly no length at all, but the first four bytes of
// somebody who speaks another language.
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

// guess says what an absurd prefix may be in truth, or "".
func guess(prefix []byte) string {
	seen := string(prefix[:PrefixSize])
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
	if n := int32(binary.BigEndian.Uint32(prefix)); -1<<16 < n && n < 0 {
		return fmt.Sprintf("%d as a signed number: did the sender send an error code?", n)
	}
	// Over 16 MiB as it stands, under 16 MiB when turned round.
	if n := binary.LittleEndian.Uint32(prefix); prefix[0] > 0 && prefix[3] == 0 {
		return fmt.Sprintf("%d with its bytes reversed: is the sender little-endian?", n)
	}
	return ""
}
