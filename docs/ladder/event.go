// Package ladder records what both ends of TCP connections do, by wrapping
// a net.Listener and net.Conns, and draws the recording as a ladder: the
// client on the left, the server on the right, time downwards. It draws to
// a terminal ([Draw], [Printer]), as a picture ([SVG]), and keeps recordings
// as JSON lines ([Save], [Load]).
//
// What is recorded is what the calls returned, and the programs that are
// recorded know nothing of it. Segments are recorded by others, and [Merge]
// puts them between the calls.
package ladder

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind is the call that an [Event] records.
type Kind string

// The calls. Scene, Note and Sent are not calls: Scene opens a scene and
// gives its title, Note is a narrated line, Sent a segment between two calls.
const (
	Scene      Kind = "scene"
	Note       Kind = "note"
	Sent       Kind = "segment"
	Listen     Kind = "listen"
	Accept     Kind = "accept"
	Dial       Kind = "dial"
	Read       Kind = "read"
	Write      Kind = "write"
	CloseWrite Kind = "close-write"
	Close      Kind = "close"          // a connection's
	Off        Kind = "close-listener" // a listener's
)

// HeadSize is how many of a call's bytes an [Event] keeps.
const HeadSize = 256

// Event is one call, or one line of narration.
type Event struct {
	// Seq counts from 1 in causal order: a Read comes after the Write that
	// brought its bytes, an EOF after the Close or CloseWrite that caused
	// it, an Accept after its Dial began.
	Seq int `json:"seq"`
	// At is the time since the recording began: when the call began, for
	// the calls that others may feel (Dial, Write, the Closes), and when
	// it returned, for those that wait for others (Accept, Read) and for
	// failures.
	At time.Duration `json:"at_ns"`
	// Took is how long the call took.
	Took time.Duration `json:"took_ns,omitempty"`
	Kind Kind          `json:"kind"`
	// Who made the call: "client" or "server", with a suffix where there
	// are several: "client A".
	Who string `json:"who,omitempty"`
	// Local and Remote are the connection's addresses, or the listener's
	// own and none. A Dial that failed has only the one it called.
	Local  string `json:"local,omitempty"`
	Remote string `json:"remote,omitempty"`
	// N is the number of bytes that a Read or Write reported; for a
	// Pending Write, the number that it was given.
	N int `json:"n,omitempty"`
	// Head is the first of those bytes, at most HeadSize.
	Head Bytes `json:"head,omitempty"`
	// Err is the error's name as in [ErrorName], Message its full text.
	Err     string `json:"err,omitempty"`
	Message string `json:"message,omitempty"`
	// Pending says that the call had not returned when this event was
	// recorded. If it returns later, a second event says so, and its Of is
	// the Seq of this one.
	Pending bool `json:"pending,omitempty"`
	Of      int  `json:"of,omitempty"`
	// Abort is set on the Close of a connection whose linger time was set
	// to 0 before: it discards what is unsent and resets the connection.
	Abort bool `json:"abort,omitempty"`
	// Segment is what was Sent.
	Segment *Segment `json:"segment,omitempty"`
	// Code is where the call was made: a file of this module, as a path from
	// its top, a colon, and a line; "" where that is not known.
	Code string `json:"-"`
	// Slug names a Scene. En and Zh are the title of a Scene or the text
	// of a Note.
	Slug string `json:"slug,omitempty"`
	En   string `json:"en,omitempty"`
	Zh   string `json:"zh,omitempty"`
}

// Bytes is a piece of payload. In JSON it is a string where it is UTF-8, and
// {"hex":"…"} where it is not, so that any bytes survive the round trip.
type Bytes []byte

// MarshalJSON implements [json.Marshaler].
func (b Bytes) MarshalJSON() ([]byte, error) {
	if !utf8.Valid(b) {
		return json.Marshal(map[string]string{"hex": hex.EncodeToString(b)})
	}
	return json.Marshal(string(b))
}

// UnmarshalJSON implements [json.Unmarshaler].
func (b *Bytes) UnmarshalJSON(in []byte) error {
	var text string
	if json.Unmarshal(in, &text) == nil {
		*b = Bytes(text)
		return nil
	}
	var other struct{ Hex string }
	if err := json.Unmarshal(in, &other); err != nil {
		return errors.New(`head: want a string or {"hex":"…"}`)
	}
	raw, err := hex.DecodeString(other.Hex)
	*b = raw
	return err
}

// head keeps the first bytes of p, cut between two runes where p is text.
func head(p []byte) Bytes {
	p = p[:min(len(p), HeadSize)]
	for cut := len(p); cut > HeadSize-utf8.UTFMax; cut-- {
		if utf8.Valid(p[:cut]) {
			return bytes.Clone(p[:cut])
		}
	}
	return bytes.Clone(p) // not UTF-8: any cut is as good
}

// Save writes ev as JSON lines: one event a line.
func Save(w io.Writer, ev []Event) error {
	enc := json.NewEncoder(w)
	for _, e := range ev {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

// Load reads what [Save] wrote. Anything that is not such a recording is an
// error that names the line.
func Load(r io.Reader) ([]Event, error) {
	var all []Event
	lines := bufio.NewScanner(r)
	seq := 0
	for lines.Scan() {
		var e Event
		err := json.Unmarshal(lines.Bytes(), &e)
		switch {
		case err != nil: // "json: " and the Go names of types say nothing to a reader
			err = fmt.Errorf("not an event: %s", strings.TrimPrefix(err.Error(), "json: "))
		case calls[e.Kind].verb == "" && e.Kind != Scene && e.Kind != Note && e.Kind != Sent:
			err = fmt.Errorf("not an event: unknown kind %q", e.Kind)
		case (e.Kind == Sent) != (e.Segment != nil), e.Kind == Sent && min(e.Segment.Len, e.Segment.Window, e.Segment.MSS) < 0:
			err = errors.New("not an event: a segment has its header, and a call has none")
		case e.Seq <= seq:
			err = fmt.Errorf("seq %d does not follow %d", e.Seq, seq)
		case e.At < 0 || e.Took < 0:
			err = errors.New("a time before the beginning")
		case e.N < 0 || len(e.Head) > min(e.N, HeadSize):
			err = fmt.Errorf("%d bytes with a head of %d", e.N, len(e.Head))
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(all)+1, err)
		}
		all, seq = append(all, e), e.Seq
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", len(all)+1, err)
	}
	return all, nil
}

// Scenes are the parts of a recording, each from its Scene on.
func Scenes(ev []Event) (parts [][]Event) {
	from := 0
	for i := range ev {
		if i+1 == len(ev) || ev[i+1].Kind == Scene {
			parts = append(parts, ev[from:i+1:i+1])
			from = i + 1
		}
	}
	return parts
}
