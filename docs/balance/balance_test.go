// Package balance shows what an existing load balancer adds to one server:
// HAProxy in front of three servers of lesson 2, and what the callers see
// when two of them go away under load.
package balance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	loops "example.com/dialtone/02-loops"
)

const (
	callers = 30
	limit   = 20 * time.Second // for what takes milliseconds
)

// fd@3 and fd@4 are listening sockets that the test hands on: nobody has to
// guess a port, and whoever calls early waits in the accept queue. A caller
// that a server refuses goes to another one at once: redispatch 1.
const config = `
global
	nbthread 1
	stats socket fd@4 level admin
defaults
	mode tcp
	maxconn 1000
	option redispatch 1
	timeout connect 5s
	timeout client 1m
	timeout server 1m
listen lesson2
	bind fd@3
	balance roundrobin
	default-server check inter 1s
	server server1 %v
	server server2 %v
	server server3 %v
`

func TestServersGoAwayUnderLoad(t *testing.T) {
	var addrs []any
	var stop [4]func() // by the number of the server, 1 to 3
	for i := 1; i < len(stop); i++ {
		ln := listen(t, "tcp", "127.0.0.1:0")
		addrs = append(addrs, ln.Addr())
		stop[i] = serve(t, ln, byte(i))
	}
	front, admin := haproxy(t, fmt.Sprintf(config, addrs...))
	l := newLoad(t, front)

	// No new callers for server 1. Those that it has end their calls when
	// they wish; then nobody minds that it stops.
	before := l.busy()
	command(t, admin, "set server lesson2/server1 state drain")
	l.see(func() { l.leave = 1 })
	l.busy()
	stop[1]()
	after := l.busy()
	fmt.Fprintf(t.Output(), "server 1 is drained, then stopped. Its callers: %d, connections lost: %d\n", before.at[1], len(after.lost[1]))
	require.Zero(t, after.lost)
	require.Zero(t, after.at[1])

	before = after
	stop[2]()
	after = l.busy() // all have called again, and have answers
	resets := 0
	for _, err := range after.lost[2] {
		if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
			resets++
		}
	}
	fmt.Fprintf(t.Output(), "server 2 is stopped at once.        Its callers: %d, connections lost: %d (resets: %d)\n", before.at[2], len(after.lost[2]), resets)
	require.Len(t, after.lost[2], before.at[2])
	after.lost[2] = nil
	require.Zero(t, after.lost, "callers of the others lost connections")
	require.Equal(t, callers, after.at[3], "where all are now")
	fmt.Fprintf(t.Output(), "server 3 has all %d callers now. Its own callers lost no connection\n", after.at[3])
}

func listen(t *testing.T, network, addr string) net.Listener {
	ln, err := net.Listen(network, addr)
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

// serve is a server of lesson 2 that says first who it is. stop returns when
// its last handler has.
func serve(t *testing.T, ln net.Listener, who byte) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &loops.Server{MaxConns: 2 * callers, Handler: func(conn net.Conn) error {
		if _, err := conn.Write([]byte{who}); err != nil {
			return err
		}
		return loops.Echo(conn, limit)
	}}
	var serving sync.WaitGroup
	serving.Go(func() { s.Serve(ctx, ln) })
	stop = func() { cancel(); serving.Wait() }
	t.Cleanup(stop)
	return stop
}

// haproxy runs to the end of the test. It gives the addresses of its front
// and of its commands.
func haproxy(t *testing.T, config string) (front, admin net.Addr) {
	program, err := exec.LookPath("haproxy")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/haproxy") // Debian; not in every PATH
	}
	if err != nil {
		t.Skip("there is no haproxy here; Debian's package has that name")
	}
	dir, err := os.MkdirTemp("", "") // t.TempDir may be too long for a socket's name
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	cmd := exec.Command(program, "-q", "-db", "-f", "/dev/stdin")
	cmd.Stdin, cmd.Stderr = strings.NewReader(config), t.Output()
	lns := []net.Listener{listen(t, "tcp", "127.0.0.1:0"), listen(t, "unix", filepath.Join(dir, "admin"))}
	for _, ln := range lns {
		file, err := ln.(interface{ File() (*os.File, error) }).File()
		require.NoError(t, err)
		defer file.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
	}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return lns[0].Addr(), lns[1].Addr()
}

// command says one line to HAProxy, which answers an empty one.
func command(t *testing.T, admin net.Addr, line string) {
	conn, err := net.Dial(admin.Network(), admin.String())
	require.NoError(t, err)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(limit))
	_, err = io.WriteString(conn, line+"\n")
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Empty(t, strings.TrimSpace(string(answer)))
}

// A load is callers that ask all the time, and call again when a call ends.
type load struct {
	t       *testing.T
	mu      sync.Mutex
	seen    *sync.Cond   // that something below is another
	leave   int          // the server whose callers end their calls
	answers [callers]int // that each has had
	count
}

// A count is how many callers each server has, and who lost what so far.
type count struct {
	at   [4]int
	lost [4][]error
}

func newLoad(t *testing.T, front net.Addr) *load {
	l := &load{t: t}
	l.seen = sync.NewCond(&l.mu)
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	for i := range callers {
		running.Go(func() {
			for t.Context().Err() == nil {
				at, err := l.call(i, front)
				l.see(func() {
					if err != nil {
						l.lost[at] = append(l.lost[at], err)
					}
				})
			}
		})
	}
	return l
}

func (l *load) see(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	l.seen.Broadcast()
}

// call asks one server, until it shall leave it.
func (l *load) call(i int, front net.Addr) (at int, err error) {
	conn, err := net.Dial(front.Network(), front.String())
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(limit))
	answer := make([]byte, len("HELLO BABY~"))
	if _, err := io.ReadFull(conn, answer[:1]); err != nil {
		return 0, err
	}
	at = int(answer[0])
	l.see(func() { l.at[at]++ })
	defer l.see(func() { l.at[at]-- })
	for leave := false; !leave && l.t.Context().Err() == nil; {
		if _, err := io.WriteString(conn, "hello baby~"); err != nil {
			return at, err
		}
		if _, err := io.ReadFull(conn, answer); err != nil {
			return at, err
		}
		if string(answer) != "HELLO BABY~" {
			l.t.Errorf("%q is no answer", answer)
		}
		l.see(func() {
			l.answers[i]++
			leave = l.leave == at
		})
	}
	return at, nil
}

// busy lets everybody ask some more: a call that was cut is another by then.
func (l *load) busy() count {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, late := l.answers, time.Now().Add(limit)
	for i := range callers {
		for l.answers[i] < before[i]+10 {
			if l.seen.Wait(); time.Now().After(late) {
				l.t.Fatal("a caller is left without an answer")
			}
		}
	}
	return l.count
}
