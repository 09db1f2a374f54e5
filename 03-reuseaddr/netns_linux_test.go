package reuseaddr

// What the kernel's settings do, and what they do not, is tried in a
// network namespace of its own: nothing is changed on the machine.

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const inside = "DIALTONE_OWN_NETWORK"

// ownNetwork runs the test that calls it again, as a program of its own in
// a network of its own, and says false: there the same call says true.
func ownNetwork(t *testing.T) bool {
	if os.Getenv(inside) != "" {
		loopbackUp(t)
		return true
	}
	t.Parallel()
	me, err := os.Executable()
	require.NoError(t, err)
	again := exec.CommandContext(t.Context(), me, "-test.run", "^"+t.Name()+"$", "-test.v", "-test.timeout=60s")
	// The race detector would sleep for a second before it exits.
	again.Env = append(os.Environ(), inside+"=1", "GORACE=atexit_sleep_ms=0")
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	if os.Geteuid() != 0 {
		// Without root, one must be root of a user namespace first.
		again.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		again.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		again.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	var out bytes.Buffer
	again.Stdout, again.Stderr = &out, &out
	if err := again.Start(); err != nil {
		t.Skip("no network namespace of its own for this test (it takes root, or user namespaces): ", err)
	}
	err = again.Wait()
	if strings.Contains(out.String(), "--- SKIP") {
		t.Skip(out.String())
	}
	require.NoError(t, err, out.String())
	t.Log("\n" + out.String())
	return false
}

func loopbackUp(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	require.NoError(t, err)
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	require.NoError(t, err)
	require.NoError(t, unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, lo))
	lo.SetUint16(lo.Uint16() | unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		t.Skip("the loopback interface cannot be switched on: ", err)
	}
}

// setting writes one, here inside.
func setting(t *testing.T, name, value string) {
	t.Helper()
	if os.Getenv(inside) == "" {
		t.Fatal("nothing is written to the machine")
	}
	err := os.WriteFile("/proc/sys/"+strings.ReplaceAll(name, ".", "/"), []byte(value), 0)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("this kernel has no " + name)
	} else if err != nil {
		t.Skip("settings cannot be written, not even in a namespace: ", err)
	}
	got, err := ReadSetting(name)
	require.NoError(t, err)
	require.Equal(t, value, got)
}

// tcp_fin_timeout has nothing to do with TIME_WAIT. What it is about is
// FIN_WAIT2 at a program that is gone, while the other side stays.
func TestFinTimeoutIsNotTimeWait(t *testing.T) {
	if !ownNetwork(t) {
		return
	}
	for _, seconds := range []string{"5", "30", "120"} {
		setting(t, "net.ipv4.tcp_fin_timeout", seconds)
		ln := listen(t, "127.0.0.1:0", Options{})
		server, client := connect(t, ln, Server)
		var row []Socket
		waitFor(t, func() bool {
			row = find(t, server.LocalAddr(), client.LocalAddr())
			return len(row) == 1 && row[0].State == TimeWait
		})
		require.Equal(t, "timewait", row[0].Timer.String())
		t.Logf("tcp_fin_timeout %s: TIME_WAIT for %v more", seconds, row[0].Left)
		require.Greater(t, row[0].Left, 40*time.Second)
		require.LessOrEqual(t, row[0].Left, 60*time.Second)
		// The timer is running: it is not for show.
		waitFor(t, func() bool {
			now := find(t, server.LocalAddr(), client.LocalAddr())
			return len(now) == 1 && now[0].Left < row[0].Left
		})
	}

	setting(t, "net.ipv4.tcp_fin_timeout", "5")
	ln := listen(t, "127.0.0.1:0", Options{})
	client := dial(t, ln, nil)
	server, err := ln.Accept()
	require.NoError(t, err)
	require.NoError(t, server.Close())
	_, err = client.Read(make([]byte, 1)) // the client knows, and stays
	require.ErrorIs(t, err, io.EOF)
	var half []Socket
	waitFor(t, func() bool {
		half = find(t, server.LocalAddr(), client.LocalAddr())
		return len(half) == 1 && half[0].State.String() == "FIN_WAIT2"
	})
	t.Logf("tcp_fin_timeout 5: FIN_WAIT2 for %v more", half[0].Left)
	require.LessOrEqual(t, half[0].Left, 5*time.Second)
}

// tcp_tw_reuse lets a caller use a port again for another call. A server
// that wants to bind gets nothing from it, whatever its value.
func TestTwReuseHelpsCallersOnly(t *testing.T) {
	if !ownNetwork(t) {
		return
	}
	for _, value := range []string{"0", "1", "2"} {
		setting(t, "net.ipv4.tcp_tw_reuse", value)
		old := listen(t, "127.0.0.1:0", Options{ReuseAddr: Off})
		connect(t, old, Server)
		require.NoError(t, old.Close())
		_, err := Listen(t.Context(), old.Addr().String(), Options{})
		require.True(t, InUse(err), "tcp_tw_reuse %s: %v", value, err)
	}

	// A caller with one port, which is in TIME_WAIT.
	ln := listen(t, "127.0.0.1:0", Options{})
	setting(t, "net.ipv4.tcp_tw_reuse", "0")
	setting(t, "net.ipv4.ip_local_port_range", "40000 40000")
	redial := func() error {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", ln.Addr().String())
		if err == nil {
			server, err := ln.Accept()
			require.NoError(t, err)
			return Close(Client, server, conn)
		}
		return err
	}
	require.NoError(t, redial())
	require.ErrorIs(t, redial(), unix.EADDRNOTAVAIL)
	setting(t, "net.ipv4.tcp_tw_reuse", "1")
	// The kernel wants the old call to be a second old.
	waitFor(t, func() bool { return redial() == nil })
	_, err := Listen(t.Context(), "127.0.0.1:40000", Options{})
	require.True(t, InUse(err), "and bind still refuses: %v", err)
}

// When no port is left to call from, it is not the server that has it: a
// range of two ports, and two calls that have ended.
func TestNoPortLeft(t *testing.T) {
	if !ownNetwork(t) {
		return
	}
	setting(t, "net.ipv4.tcp_tw_reuse", "0")
	setting(t, "net.ipv4.ip_local_port_range", "40000 40001")
	ln := listen(t, "127.0.0.1:8080", Options{})
	connect(t, ln, Client)
	connect(t, ln, Client)
	dialer := net.Dialer{}
	ask := Requester(func(ctx context.Context) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", ln.Addr().String())
	}, true, timeout)
	_, err := ask(t.Context())
	const none = "cannot assign requested address; no free port is left (ip_local_port_range; a closed connection keeps its own for 60 s)"
	require.ErrorContains(t, Explain(err), none)
	dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
	_, err = ask(t.Context())
	require.ErrorContains(t, Explain(err), "no free port is left (ip_local_port_range; ")
	_, err = Listen(t.Context(), "127.0.0.1:0", Options{})
	require.ErrorContains(t, Explain(err), "address already in use; no free port is left (ip_local_port_range; ")
}

// With tcp_migrate_req the kernel does hand a queue on, from a listener
// that closes to another one of the same port.
func TestMigrateReqHandsTheQueueOn(t *testing.T) {
	if !ownNetwork(t) {
		return
	}
	setting(t, "net.ipv4.tcp_migrate_req", "1")
	old := listen(t, "127.0.0.1:0", shared)
	calls := waiting(t, old, 5)
	fresh := listen(t, old.Addr().String(), shared)
	require.NoError(t, old.Close())
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, Serve(stopped, fresh, "the new one", timeout))
	answered(t, calls, "the new one")
}

// A new namespace has the kernel's defaults, whatever the machine has.
func TestDefaults(t *testing.T) {
	if !ownNetwork(t) {
		return
	}
	defaults := map[string]string{
		"net.ipv4.tcp_syncookies":  "1",
		"net.ipv4.tcp_tw_reuse":    "2",
		"net.ipv4.tcp_fin_timeout": "60",
		"net.ipv4.tcp_migrate_req": "0", // since Linux 5.14
	}
	for _, name := range Settings {
		got, err := ReadSetting(name)
		switch {
		case errors.Is(err, ErrNoSetting):
			require.Contains(t, "net.ipv4.tcp_tw_recycle net.ipv4.tcp_migrate_req", name)
			continue
		case name == "net.ipv4.tcp_tw_recycle":
			t.Error("tcp_tw_recycle is gone since Linux 4.12")
		}
		require.NoError(t, err)
		require.Regexp(t, `^\d+( \d+)?$`, got, name)
		require.Equal(t, cmp.Or(defaults[name], got), got, name)
	}
}

// Beyond tcp_max_tw_buckets the kernel does without TIME_WAIT: the port is
// free, and the call has lost its protection.
func TestMaxBucketsCutsTimeWaitShort(t *testing.T) {
	if !ownNetwork(t) {
		return
	}
	setting(t, "net.ipv4.tcp_max_tw_buckets", "1")
	ln := listen(t, "127.0.0.1:0", Options{})
	for range 3 {
		server, _ := connect(t, ln, Server)
		require.NoError(t, settle(t.Context(), server.LocalAddr()))
	}
	all, err := Sockets(addrPort(ln.Addr()).Port())
	require.NoError(t, err)
	kept := 0
	for _, s := range all {
		if s.State == TimeWait {
			kept++
		}
	}
	require.Equal(t, 1, kept, "%v", all)

	// With room for none, bind finds nothing in its way.
	setting(t, "net.ipv4.tcp_max_tw_buckets", "0")
	old := listen(t, "127.0.0.1:0", Options{ReuseAddr: Off})
	server, _ := connect(t, old, Server)
	require.NoError(t, settle(t.Context(), server.LocalAddr()))
	require.NoError(t, old.Close())
	listen(t, old.Addr().String(), Options{ReuseAddr: Off})
}

// net.Listen speaks Multipath TCP where the kernel does, and there the
// callers cannot be steered; Listen speaks plain TCP.
func TestMultipathTCP(t *testing.T) {
	protocol := func(ln net.Listener) int { return option(t, ln, unix.SO_PROTOCOL) }
	require.Equal(t, unix.IPPROTO_TCP, protocol(listen(t, loopback(), Options{})))

	config := net.ListenConfig{Control: control(shared.set)}
	ln, err := config.Listen(t.Context(), "tcp", loopback())
	require.NoError(t, err)
	defer ln.Close()
	if protocol(ln) != unix.IPPROTO_MPTCP {
		t.Skip("this kernel, or GODEBUG, has no Multipath TCP: ", protocol(ln))
	}
	if err = TakeOver(ln); errors.Is(err, unix.ENOPROTOOPT) {
		t.Skip("no BPF on a group of listeners here, as in qemu-user: ", err)
	}
	require.ErrorIs(t, err, unix.EOPNOTSUPP)
}

// The wildcard and one address get into each other's way while somebody
// listens, option or not. After the last call, the option helps as usual.
func TestWildcardAndOneAddress(t *testing.T) {
	if !ownNetwork(t) {
		return
	}
	wildcards := []string{"0.0.0.0", "::"}
	if _, err := os.Stat("/proc/net/if_inet6"); err != nil {
		wildcards = wildcards[:1]
	}
	for _, wild := range wildcards {
		for _, hosts := range [][2]string{{wild, "127.0.0.1"}, {"127.0.0.1", wild}} {
			for _, c := range []Choice{Off, On} {
				old := listen(t, net.JoinHostPort(hosts[0], "0"), Options{ReuseAddr: c})
				_, err := Listen(t.Context(), at(hosts[1], old), Options{ReuseAddr: c})
				require.True(t, InUse(err), "%v, %v: %v", hosts, c, err)
				require.Regexp(t, `address already in use; it is held by \S+ \(pid \d+\); stop it, or`, Explain(err).Error())

				// Not to old.Addr(): Go's 0.0.0.0 listens on IPv6 too.
				client, err := net.Dial("tcp", at("127.0.0.1", old))
				require.NoError(t, err)
				server, err := old.Accept()
				require.NoError(t, errors.Join(err, Close(Server, server, client), old.Close()))
				fresh, err := Listen(t.Context(), at(hosts[1], old), Options{ReuseAddr: c})
				require.Equal(t, c == Off, InUse(err), "%v, %v: %v", hosts, c, err)
				if err == nil {
					require.NoError(t, fresh.Close())
				}
			}
		}
	}
}

// A segment that comes late ends TIME_WAIT at once (RFC 1337): the kernel
// answers it with an ACK, the client has no socket any more and answers that
// with a reset, and the kernel believes it. To two programs on a busy machine
// it happens now and then: the server's FIN wakes the client, which closes on
// one processor before the other has sent the ACK of that FIN.
func TestLateSegmentEndsTimeWait(t *testing.T) {
	if !ownNetwork(t) {
		return
	}
	setting(t, "net.ipv4.tcp_rfc1337", "0") // 1 would have it ignore the reset
	ln := listen(t, "127.0.0.1:0", Options{})
	server, client := connect(t, ln, Server)
	from, to := addrPort(client.LocalAddr()), addrPort(ln.Addr())
	require.Equal(t, TimeWait, find(t, server.LocalAddr(), client.LocalAddr())[0].State)

	ack := [20]byte{12: 5 << 4, 13: 0x10} // a TCP header: 5 words; ACK
	binary.BigEndian.PutUint16(ack[0:], from.Port())
	binary.BigEndian.PutUint16(ack[2:], to.Port())
	sum := 2*(0x7f00+0x0001) + unix.IPPROTO_TCP + len(ack) // its checksum covers the addresses too
	for i := 0; i < len(ack); i += 2 {
		sum += int(binary.BigEndian.Uint16(ack[i:]))
	}
	binary.BigEndian.PutUint16(ack[16:], ^uint16(sum+sum>>16))
	raw, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_TCP)
	require.NoError(t, err)
	defer unix.Close(raw)
	require.NoError(t, unix.Sendto(raw, ack[:], 0, &unix.SockaddrInet4{Addr: from.Addr().As4()}))
	waitFor(t, func() bool { return len(find(t, server.LocalAddr(), client.LocalAddr())) == 0 })
}
