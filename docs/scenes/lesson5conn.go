package scenes

import (
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"strings"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

// The connections of lesson 5's scenes: one that is read by Read alone, one
// that dies, one that spoils a byte. And the bytes of an upload.

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

// turns are the bytes that each side says before the other does, as the
// client has spoken and heard them.
func turns(ev []ladder.Event) (all [][]byte) {
	last := ladder.Read
	for _, e := range ev {
		if e.Who != "client" || e.N == 0 || e.Of > 0 {
			continue
		}
		if e.Kind != last {
			all, last = append(all, nil), e.Kind
		}
		all[len(all)-1] = append(all[len(all)-1], e.Head...)
	}
	return all
}

// taken takes one upload of protocol 2 apart: header; answer; body and
// trailer; answer.
func taken(ev []ladder.Event, l lang.Lang) (rows [][]string) {
	sides := []Text{{"client", "客户端"}, {"server", "服务端"}}
	names := []Text{{"header", "报头"}, {"answer", "回答"}, {"body", "正文"}, {"trailer", "结尾"}, {"answer", "回答"}}
	next := func() (name string) {
		name, names = names[0].In(l), names[1:]
		return name
	}
	for i, rest := range turns(ev) {
		who := sides[i%2].In(l)
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
