// Package catalogue provokes the errors of docs/errors.md, each for real, and
// finds the entry of that page for a line of error that somebody has met: by
// the code in the entry's last point, "Printed as".
package catalogue

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	sticky "example.com/dialtone/04-sticky-packets"
	upload "example.com/dialtone/05-file-upload"
)

// An entry is an error by its short name, and how to bring it about. What
// there is to say of it stands on the page.
type entry struct {
	name    string
	provoke func() error
}

// Skip is the error of an entry that this system cannot raise: the reason.
type Skip string

func (s Skip) Error() string { return string(s) }

// In the order of the page. None of them leaves this machine, and none waits
// for longer than a moment.
var entries = []entry{
	{"refused", refused},
	{"timeout", fullQueue},
	{"no-host", noHost},
	{"unreachable", unreachable},
	{"canceled", canceled},
	{"bad-address", func() error { return dial("127.0.0.1") }},
	{"in-use", inUse},
	{"not-mine", func() error { return listen("192.0.2.1:8080") }}, // an address for examples, nobody's (RFC 5737)
	{"low-port", lowPort},
	{"too-many-files", tooManyFiles},
	{"eof", func() error { return afterwards(func(_, server *net.TCPConn) { server.Close() }, read) }},
	{"unexpected-eof", func() error {
		return afterwards(func(_, server *net.TCPConn) {
			server.Write(make([]byte, 2))
			server.Close()
		}, func(client *net.TCPConn) error {
			_, err := io.ReadFull(client, make([]byte, 4))
			return err
		})
	}},
	{"reset", func() error { return afterwards(slam, read) }},
	{"broken-pipe", func() error {
		return afterwards(slam, func(client *net.TCPConn) error {
			read(client) // the reset, which is told once
			_, err := client.Write([]byte("hello"))
			return err
		})
	}},
	{"not-connected", func() error {
		return afterwards(slam, func(client *net.TCPConn) error {
			read(client)
			return client.CloseWrite()
		})
	}},
	{"deadline", func() error {
		return afterwards(func(client, _ *net.TCPConn) { client.SetReadDeadline(time.Now()) }, read)
	}},
	{"closed", func() error { return afterwards(func(client, _ *net.TCPConn) { client.Close() }, read) }},
	{"datagram", datagram},
	{"frame", func() error {
		_, err := sticky.ReadFrame(strings.NewReader("GET / HTTP/1.1\r\n"), 1<<20)
		return err
	}},
	{"long-line", func() error {
		lines := bufio.NewScanner(strings.NewReader(strings.Repeat("a", bufio.MaxScanTokenSize)))
		for lines.Scan() {
		}
		return lines.Err()
	}},
	{"json", func() error { return json.Unmarshal([]byte("hello"), new(map[string]any)) }},
	{"bad-name", func() error { return upload.CheckName("../passwd") }},
	{"escapes", func() error { return inFolder("../passwd") }},
	{"exists", func() error { return inFolder("holiday.mp4", "holiday.mp4") }},
	{"disk-full", diskFull},
	{"newline", func() error {
		_, err := fmt.Sscanln("\n", new(string))
		return err
	}},
}

// listening lends f a listener.
func listening(f func(ln *net.TCPListener) error) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer ln.Close()
	return f(ln.(*net.TCPListener))
}

// afterwards makes a call, lets something happen to it, and gives the error
// that the client then meets.
func afterwards(happens func(client, server *net.TCPConn), then func(client *net.TCPConn) error) error {
	return listening(func(ln *net.TCPListener) error {
		client, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			return err
		}
		defer client.Close()
		server, err := ln.AcceptTCP()
		if err != nil {
			return err
		}
		defer server.Close()
		happens(client.(*net.TCPConn), server)
		return then(client.(*net.TCPConn))
	})
}

// slam closes the server's end with a reset.
func slam(_, server *net.TCPConn) {
	server.SetLinger(0)
	server.Close()
}

func read(client *net.TCPConn) error {
	_, err := client.Read(make([]byte, 1))
	return err
}

// shut closes what should not have come about.
func shut[C io.Closer](c C, err error) error {
	if err == nil {
		c.Close()
	}
	return err
}

func dial(addr string) error { return shut(net.DialTimeout("tcp", addr, 5*time.Second)) }

func listen(addr string) error { return shut(net.Listen("tcp", addr)) }

// refused dials a port that is bound and has no listener: a client's own.
func refused() error {
	return afterwards(func(_, _ *net.TCPConn) {}, func(client *net.TCPConn) error { return dial(client.LocalAddr().String()) })
}

// noHost asks a name server of its own, whose answer is always NXDOMAIN.
func noHost() error {
	dns, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer dns.Close()
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := dns.ReadFrom(buf)
			if err != nil {
				return
			}
			if n >= 12 {
				buf[2], buf[3] = buf[2]|0x80, 0x83 // an answer: there is no such name
				dns.WriteTo(buf[:n], from)
			}
		}
	}()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", dns.LocalAddr().String())
	}}
	return shut((&net.Dialer{Resolver: resolver}).Dial("tcp", "nobody.invalid.:80"))
}

// unreachable dials the broadcast address of the loopback network: no route
// leads there for TCP.
func unreachable() error { return dial("127.255.255.255:8080") }

func canceled() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return shut(new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:8080"))
}

func inUse() error {
	return listening(func(ln *net.TCPListener) error { return listen(ln.Addr().String()) })
}

// datagram sends more than the 65,507 bytes that fit into one.
func datagram() error {
	conn, err := net.Dial("udp", "127.0.0.1:9")
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write(make([]byte, 65_508))
	return err
}

// inFolder creates name in a folder of its own, and what is there already.
func inFolder(name string, there ...string) error {
	dir, err := os.MkdirTemp("", "dialtone-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range append(there, name) {
		if err := shut(root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)); err != nil {
			return err
		}
	}
	return nil
}

func diskFull() error {
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return Skip("there is no /dev/full here")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write([]byte("hello"))
	return err
}
