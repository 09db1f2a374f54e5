package scenes

import (
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	"example.com/dialtone/docs/internal/lang"
)

// The connections of lesson 5's scenes: one that is read by Read alone, one
// that remembers, one that dies, one that spoils a byte.

// readable is a listener whose connections hide their descriptor. Through a
// wrapper that shows it (SyscallConn, as the recorder's does) os.File would
// find the socket and splice: fast, and no Read to be seen.
type readable struct{ net.Listener }

func (l readable) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return hidden{conn.(duplex)}, nil
}

type hidden struct{ duplex }

// duplex is a connection of which one direction can be closed.
type duplex interface {
	net.Conn
	CloseWrite() error
}

// tap remembers what goes by, for the table of bytes.
type tap struct {
	duplex
	mu    sync.Mutex // the client listens while it speaks
	turns []turn
}

// turn is what one side says before the other does.
type turn struct {
	who  string
	said []byte
}

func (t *tap) hear(who string, p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.turns); n > 0 && t.turns[n-1].who == who {
		t.turns[n-1].said = append(t.turns[n-1].said, p...)
	} else if len(p) > 0 {
		t.turns = append(t.turns, turn{who, slices.Clone(p)})
	}
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.duplex.Read(p)
	t.hear("server", p[:n])
	return n, err
}

func (t *tap) Write(p []byte) (int, error) {
	t.hear("client", p) // before anybody can answer it
	return t.duplex.Write(p)
}

// rows takes one upload of protocol 2 apart: header; answer; body and
// trailer; answer.
func (t *tap) rows(l lang.Lang) (rows [][]string) {
	sides := map[string]Text{"client": {"client", "客户端"}, "server": {"server", "服务端"}}
	names := []Text{{"header", "报头"}, {"answer", "回答"}, {"body", "正文"}, {"trailer", "结尾"}, {"answer", "回答"}}
	next := func() (name string) {
		name, names = names[0].In(l), names[1:]
		return name
	}
	for i, turn := range t.turns {
		who, rest := sides[turn.who].In(l), turn.said
		if i == 2 { // the body: up to the trailer's length
			end := 0
			for end < len(rest) && !isFrame(rest[end:]) {
				end++
			}
			rows = append(rows, []string{who, "", fmt.Sprintf("% x", rest[:end]), next()})
			who, rest = "", rest[end:]
		}
		if len(rest) < 4 {
			continue
		}
		length, what := fmt.Sprintf("% x", rest[:4]), fmt.Sprintf("%s%s%d B", next(), l.Pick(", ", "，"), len(rest)-4)
		for part := range slices.Chunk(rest[4:], 40) {
			rows = append(rows, []string{who, length, string(part), what})
			who, length, what = "", "", ""
		}
	}
	return rows
}

// isFrame says whether p is one frame, no more and no less.
func isFrame(p []byte) bool {
	return len(p) > 4 && int(binary.LittleEndian.Uint32(p)) == len(p)-4 && strings.HasPrefix(string(p[4:]), "{")
}

// dying closes its connection once so many bytes were written, as the
// kernel does for a program that is killed.
type dying struct {
	net.Conn
	left int
}

func (d *dying) Write(p []byte) (int, error) {
	n, err := d.Conn.Write(p[:min(len(p), d.left)])
	if d.left -= n; err == nil && d.left == 0 {
		d.Conn.Close()
		return n, net.ErrClosed
	}
	return n, err
}

// flipping turns a bit of byte at in its nth Write.
type flipping struct {
	duplex
	nth, at int
}

func (f *flipping) Write(p []byte) (int, error) {
	if f.nth--; f.nth == 0 && f.at < len(p) {
		p = slices.Clone(p)
		p[f.at] ^= 1
	}
	return f.duplex.Write(p)
}
