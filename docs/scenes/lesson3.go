package scenes

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	reuseaddr "example.com/dialtone/03-reuseaddr"
	"example.com/dialtone/docs/ladder"
)

var optionOff, optionOn = reuseaddr.Options{ReuseAddr: reuseaddr.Off}, reuseaddr.Options{ReuseAddr: reuseaddr.On}

func lesson3(fs *flag.FlagSet, say pick) script {
	end := fs.String("first", "server", say("who hangs up first in the first scene: server, client, or reset", "第一幕里谁先挂断：server、client，或者 reset（摔电话）"))
	old, again := optionOff, optionOff
	fs.Var(&old.ReuseAddr, "old", say("SO_REUSEADDR at the first scene's first listener: on, off or default", "第一幕里旧监听套接字的 SO_REUSEADDR：on、off 或 default"))
	fs.Var(&again.ReuseAddr, "new", say("SO_REUSEADDR at the first scene's second listener, after the restart", "第一幕里重启后新监听套接字的 SO_REUSEADDR"))
	timeWait := fs.Bool("wait", false, say("wait until TIME_WAIT is over (a minute on Linux), and bind the moment it is", "等到 TIME_WAIT 结束（Linux 上一分钟），马上 bind"))
	return func(ctx context.Context) ([]Scene, error) {
		first, known := firsts[*end]
		switch {
		case !known:
			return nil, usage{"-first: want server, client or reset", "-first：请选 server、client 或 reset"}
		case *timeWait && optionOn.Available(ctx) == nil:
			return []Scene{{after: (*stage).waitOut}}, nil
		}
		return lesson3scenes(ctx, first, old, again), nil
	}
}

func lesson3scenes(ctx context.Context, first reuseaddr.First, old, again reuseaddr.Options) []Scene {
	var scenes []Scene
	if _, err := reuseaddr.Sockets(1); err != nil {
		scenes = append(scenes, Scene{after: say("The states of the sockets stay unseen: "+err.Error(), "看不到套接字的状态："+err.Error())})
	}
	if err := optionOn.Available(ctx); err != nil {
		// Windows: a restart needs nothing, and nothing can be shown of it.
		return append(scenes,
			Scene{after: say("Most of this lesson cannot be played here: "+err.Error(), "这一课的大部分内容在这里演不了："+err.Error())},
			restarting("server-first", reuseaddr.Server, reuseaddr.Options{}, reuseaddr.Options{}),
			Scene{after: (*stage).fixedPort})
	}
	scenes = append(scenes,
		restarting("server-first", first, old, again),
		restarting("client-first", reuseaddr.Client, optionOff, optionOff),
		restarting("both-on", reuseaddr.Server, optionOn, optionOn),
		Scene{after: say("Who hangs up first keeps TIME_WAIT. If that is the server, its own port stays taken: unless both sockets, the old and the new, had SO_REUSEADDR.",
			"谁先挂断，TIME_WAIT 就留在谁那边。如果是服务端，它自己的端口就一直被占着，除非新旧两个套接字都打开了 SO_REUSEADDR。")})
	for _, after := range []func(*stage) error{(*stage).matrix, (*stage).liveListener, (*stage).fixedPort, (*stage).sharing} {
		scenes = append(scenes, Scene{after: after})
	}
	return append(scenes, scene("queue-dropped", nil, queueDropped, ends(done("client A", ladder.Read), "|deadline exceeded", "EOF", ".+")),
		scene("queue-answered", nil, queueAnswered, ends(nth(0, done("client B", ladder.Read)), "", ".+")),
		Scene{after: (*stage).rollingRestart}, Scene{after: (*stage).settings})
}

// firsts are the ways in which a call may end, as -first has them.
var firsts = map[string]reuseaddr.First{"server": reuseaddr.Server, "client": reuseaddr.Client, "reset": reuseaddr.Reset}

// restarting is a scene with a restart in it.
func restarting(slug string, first reuseaddr.First, old, again reuseaddr.Options) Scene {
	who := map[reuseaddr.First]Text{
		reuseaddr.Server: {"The server hangs up first", "服务端先挂断"},
		reuseaddr.Client: {"The client hangs up first", "客户端先挂断"},
		reuseaddr.Reset:  {"The server ends the call with a reset", "服务端用 RST 结束通话"},
	}[first]
	option := Text{fmt.Sprintf("SO_REUSEADDR %v both times", old.ReuseAddr), fmt.Sprintf("两次都%s SO_REUSEADDR", chinese[old.ReuseAddr])}
	if old != again {
		option = Text{fmt.Sprintf("SO_REUSEADDR %v, then %v", old.ReuseAddr, again.ReuseAddr), fmt.Sprintf("SO_REUSEADDR 先%s、后%s", chinese[old.ReuseAddr], chinese[again.ReuseAddr])}
	}
	v := vars{"who": who, "option": option}
	sc := scene("restart", v, func(ctx context.Context, r *ladder.Recorder) error { return restart(ctx, r, first, old, again) },
		ends(done("server", ladder.Listen), "", ".+"))
	sc.Slug = slug
	switch {
	case old != again || old != optionOff:
		sc.Title = wordsOf("restart", v)["="][2]
	case first != reuseaddr.Server:
		sc.Title = who
	}
	return sc
}

var chinese = map[reuseaddr.Choice]string{reuseaddr.Default: "不设置", reuseaddr.On: "打开", reuseaddr.Off: "关闭"}

// states notes the state of the socket at each end of a call, once they are
// what is to come: a packet may still be on its way. What is noted is what is seen.
func states(ctx context.Context, r *ladder.Recorder, server, client net.Conn, want [2]string) {
	port := netip.MustParseAddrPort(server.LocalAddr().String()).Port()
	for end := time.Now().Add(time.Second); ; time.Sleep(time.Millisecond) {
		sockets, err := reuseaddr.Sockets(port)
		if err != nil {
			return
		}
		s, c := state(sockets, server), state(sockets, client)
		if strings.HasPrefix(s.En, want[0]) && strings.HasPrefix(c.En, want[1]) || time.Now().After(end) || ctx.Err() != nil {
			r.Note("server", s.En, s.Zh)
			r.Note("client", c.En, c.Zh)
			return
		}
	}
}

// state is that of a connection's socket.
func state(sockets []reuseaddr.Socket, conn net.Conn) Text {
	for _, s := range sockets {
		switch {
		case s.Local.String() != conn.LocalAddr().String() || s.Remote.String() != conn.RemoteAddr().String():
		case s.State == reuseaddr.TimeWait:
			return Text{fmt.Sprintf("%v for another %.1f s", s.State, s.Left.Seconds()), fmt.Sprintf("%v，还有 %.1f 秒", s.State, s.Left.Seconds())}
		default:
			return Text{s.State.String(), s.State.String()}
		}
	}
	return Text{"no socket any more", "套接字已经没有了"}
}

// listenWith is a recorded listener with options.
func listenWith(ctx context.Context, r *ladder.Recorder, who, addr string, o reuseaddr.Options) (net.Listener, error) {
	return r.Listen(who, addr, func() (net.Listener, error) { return reuseaddr.Listen(ctx, addr, o) })
}

func restart(ctx context.Context, r *ladder.Recorder, first reuseaddr.First, old, again reuseaddr.Options) error {
	listen := func(addr string, o reuseaddr.Options) (net.Listener, error) {
		r.Note("server", fmt.Sprint("SO_REUSEADDR ", o.ReuseAddr), "SO_REUSEADDR "+chinese[o.ReuseAddr])
		return listenWith(ctx, r, "server", addr, o)
	}
	ln, err := listen("127.0.0.1:0", old)
	if err != nil {
		return err
	}
	client, server, err := pair(ctx, r, ln)
	if err != nil {
		return err
	}
	states(ctx, r, server, client, [2]string{"ESTABLISHED", "ESTABLISHED"})

	one, two := server, client
	half, over := [2]string{"FIN_WAIT2", "CLOSE_WAIT"}, [2]string{"TIME_WAIT", "no socket"}
	switch first {
	case reuseaddr.Client:
		one, two = client, server
		half, over = [2]string{half[1], half[0]}, [2]string{over[1], over[0]}
	case reuseaddr.Reset:
		over[0] = over[1]
		err = lingerless(one)
	}
	one.Close()
	two.SetReadDeadline(time.Now().Add(wait))
	_, ended := two.Read(make([]byte, 1))
	if first != reuseaddr.Reset {
		if ended != io.EOF {
			return fmt.Errorf("want EOF, got %v", ended)
		}
		states(ctx, r, server, client, half)
	}
	two.Close()
	states(ctx, r, server, client, over)
	ln.Close()

	// The restart. That it is refused is what one scene is about.
	restarted, refused := listen(ln.Addr().String(), again)
	switch {
	case refused == nil:
		r.Note("server", "the restart succeeds", "重启成功")
		restarted.Close()
	case reuseaddr.InUse(refused):
		r.Note("server", "the restart fails: address already in use", "重启失败：地址已被占用")
	default:
		err = refused
	}
	return err
}

// matrix tries every combination.
func (s *stage) matrix() error {
	cells, err := reuseaddr.Matrix(s.ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	names := []Text{reuseaddr.Server: {"the server", "服务端"}, reuseaddr.Client: {"the client", "客户端"}, reuseaddr.Reset: {"nobody: a reset", "没有人：RST"}}
	rows := make([][]string, len(names))
	for _, c := range cells {
		if rows[c.First] == nil {
			rows[c.First] = []string{names[c.First].In(s.lang)}
		}
		rows[c.First] = append(rows[c.First], s.verdict(c.Err))
	}
	s.list("every restart", nil, rows)
	if runtime.GOOS == "linux" {
		s.Say("off → on fails too: the first restart after adding the option may still fail. The old socket is the one that has no option.",
			"off → on 也失败：加上这个选项之后的第一次重启仍可能失败，因为旧套接字还没有这个选项。")
	}
	return nil
}

// verdict is what the kernel said, in a word.
func (s *stage) verdict(err error) string {
	switch {
	case err == nil:
		return s.lang.Pick("ok", "成功")
	case reuseaddr.InUse(err):
		return s.lang.Pick("in use", "被占用")
	}
	return ladder.ErrorName(err)
}

// liveListener tries to get past somebody who listens.
func (s *stage) liveListener() error {
	attempts := []struct{ en, zh, host string }{{"the same address", "同一个地址", "127.0.0.1"},
		{"127.0.0.2, same port", "127.0.0.2，同一个端口", "127.0.0.2"}, {"0.0.0.0, same port", "0.0.0.0，同一个端口", "0.0.0.0"}}
	if runtime.GOOS != "linux" { // where these are there, and refused
		attempts = attempts[:1]
	}
	var rows [][]string
	var refusal error
	for _, a := range attempts {
		cells := []string{s.lang.Pick(a.en, a.zh)}
		for _, o := range []reuseaddr.Options{optionOff, optionOn} {
			ln, err := reuseaddr.Listen(s.ctx, "127.0.0.1:0", o)
			if err != nil {
				return err
			}
			port := netip.MustParseAddrPort(ln.Addr().String()).Port()
			second, err := reuseaddr.Listen(s.ctx, netip.AddrPortFrom(netip.MustParseAddr(a.host), port).String(), o)
			if err == nil {
				second.Close()
			} else if refusal == nil {
				refusal = reuseaddr.Explain(err)
			}
			cells = append(cells, s.verdict(err))
			ln.Close()
		}
		rows = append(rows, cells)
	}
	s.list("a second server", nil, rows)
	if refusal != nil {
		s.Say("This lesson's server says who holds it: "+refusal.Error(), "本课的服务端会说出是谁占着："+refusal.Error())
	}
	return nil
}

// ended is the client of a call to ln, from an address, that one side has
// ended first.
func ended(ctx context.Context, ln net.Listener, first reuseaddr.First, from net.Addr) (client net.Conn, err error) {
	if client, err = (&net.Dialer{LocalAddr: from, Timeout: wait}).DialContext(ctx, "tcp", ln.Addr().String()); err != nil {
		return nil, err
	}
	server, err := ln.Accept()
	if err != nil {
		return nil, err
	}
	return client, reuseaddr.Close(first, server, client)
}

// fixedPort dials twice from the same port.
func (s *stage) fixedPort() error {
	ln, err := reuseaddr.Listen(s.ctx, "127.0.0.1:0", reuseaddr.Options{})
	if err != nil {
		return err
	}
	defer ln.Close()
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
	first, err := ended(s.ctx, ln, reuseaddr.Client, from)
	if err != nil {
		return err
	}
	used := first.LocalAddr()
	_, redial := ended(s.ctx, ln, reuseaddr.Client, used)
	free, err := ended(s.ctx, ln, reuseaddr.Client, from)
	if err != nil {
		return err
	}
	return s.list("fixed port", nil, [][]string{
		{used.String(), s.verdict(nil)},
		{used.String() + s.lang.Pick(", again", "，再拨一次"), s.verdict(redial)},
		{s.lang.Pick("port 0, which became ", "端口 0，实际是 ") + free.LocalAddr().String(), s.verdict(nil)},
	})
}

// asking makes calls to addr.
func asking(addr string) func(context.Context) (string, error) {
	return reuseaddr.Requester(func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{Timeout: wait}).DialContext(ctx, "tcp", addr)
	}, false, wait)
}

// startServer sets a server of the lesson to work on ln; stop ends it.
func startServer(ln net.Listener, name string) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- reuseaddr.Serve(ctx, ln, name, wait) }()
	return func() error { cancel(); return <-ended }
}

var sharedPort = reuseaddr.Options{ReusePort: reuseaddr.On}

// sharing: three servers on one port, and 300 calls.
func (s *stage) sharing() error {
	addr, want := "127.0.0.1:0", 300
	var stops []func() error
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	for i := range 3 {
		ln, err := reuseaddr.Listen(s.ctx, addr, sharedPort)
		if err != nil {
			return err
		}
		addr = ln.Addr().String()
		stops = append(stops, startServer(ln, fmt.Sprint("server ", i+1)))
	}
	tally, err := reuseaddr.Load(s.ctx, want, 4, asking(addr))
	if err != nil {
		return err
	}
	return s.list("sharing", vars{"addr": addr, "calls": want}, s.tally(tally))
}

// tally is who has answered how many calls.
func (s *stage) tally(t reuseaddr.Tally) (rows [][]string) {
	for _, name := range slices.Sorted(maps.Keys(t)) {
		rows = append(rows, []string{strings.ReplaceAll(name, "server", s.lang.Pick("server", "服务端")), fmt.Sprint(t[name])})
	}
	return rows
}

// queueDropped: what becomes of those who wait when their server closes.
func queueDropped(ctx context.Context, r *ladder.Recorder) error {
	old, callers, err := waiting(ctx, r)
	if err != nil {
		return err
	}
	if _, err := listenWith(ctx, r, "server 2", old.Addr().String(), sharedPort); err != nil {
		return err
	}
	old.Close()
	for _, conn := range callers {
		conn.SetReadDeadline(time.Now().Add(time.Second))
		conn.Read(make([]byte, 64)) // the recording says what came of it
	}
	return nil
}

// queueAnswered: the same, with a server that answers them first.
func queueAnswered(ctx context.Context, r *ladder.Recorder) error {
	old, callers, err := waiting(ctx, r)
	if err != nil {
		return err
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	return both(func() error { return reuseaddr.Serve(stopped, old, "server 1", wait) }, func() error {
		for _, conn := range callers {
			conn.SetReadDeadline(time.Now().Add(wait))
			if _, err := io.ReadAll(conn); err != nil {
				return err
			}
			conn.Close()
		}
		return nil
	})
}

// waiting is a server whose two callers have not been answered.
func waiting(ctx context.Context, r *ladder.Recorder) (net.Listener, []net.Conn, error) {
	ln, err := listenWith(ctx, r, "server 1", "127.0.0.1:0", sharedPort)
	if err != nil {
		return nil, nil, err
	}
	callers := make([]net.Conn, 2)
	for i, who := range []string{"client A", "client B"} {
		if callers[i], err = asks(ctx, r, who, ln.Addr().String(), "who is there?\n"); err != nil {
			return nil, nil, err
		}
	}
	return ln, callers, nil
}

// rollingRestart replaces a server under load, twice.
func (s *stage) rollingRestart() error {
	ln, err := reuseaddr.Listen(s.ctx, "127.0.0.1:0", sharedPort)
	if err != nil {
		return err
	}
	addr := ln.Addr().String()
	if err := reuseaddr.TakeOver(ln); err != nil {
		ln.Close()
		fmt.Fprintln(s.out)
		return s.Say("No rolling restart here: "+err.Error(), "这里演示不了滚动重启："+err.Error())
	}
	stop := startServer(ln, "server 1")
	defer func() { stop() }()

	ctx, enough := context.WithCancel(s.ctx) // for the callers: what they have begun, they end
	defer enough()
	var calls atomic.Int64
	var tally reuseaddr.Tally
	load := make(chan error, 1)
	go func() {
		ask := asking(addr)
		var err error
		tally, err = reuseaddr.Load(ctx, 1<<30, 4, func(context.Context) (string, error) {
			defer calls.Add(1)
			return ask(s.ctx)
		})
		load <- err
	}()
	another100 := func() {
		n := calls.Load() + 100
		for begin := time.Now(); calls.Load() < n && time.Since(begin) < wait && len(load) == 0; {
			time.Sleep(time.Millisecond)
		}
	}
	replace := func(name string) error {
		another100()
		fresh, err := reuseaddr.Listen(s.ctx, addr, sharedPort)
		if err != nil {
			return err
		}
		if err := reuseaddr.TakeOver(fresh); err != nil {
			fresh.Close()
			return err
		}
		old := stop
		stop = startServer(fresh, name)
		return old()
	}
	failed := errors.Join(replace("server 2"), replace("server 3"))
	another100()
	enough()
	if err := <-load; !errors.Is(err, context.Canceled) {
		failed = errors.Join(failed, err)
	}
	if failed != nil {
		return failed
	}
	return s.list("rolling restart", vars{"addr": addr, "calls": calls.Load()}, s.tally(tally))
}

// truths are the settings of method two: what the source sets them to, and
// what they are about, in a line.
var truths = map[string]struct{ source, en, zh string }{
	"net.ipv4.tcp_syncookies":      {"1", "answers a SYN flood; no cure here", "应付 SYN 洪水攻击，治不了这个"},
	"net.ipv4.tcp_tw_reuse":        {"1", "helps calls out, never bind", "只帮拨出，从不帮 bind"},
	"net.ipv4.tcp_tw_recycle":      {"1", "gone since Linux 4.12", "Linux 4.12 起已删除"},
	"net.ipv4.tcp_fin_timeout":     {"30", "for FIN_WAIT2, not TIME_WAIT", "管 FIN_WAIT2，不管 TIME_WAIT"},
	"net.ipv4.tcp_max_tw_buckets":  {"", "beyond it TIME_WAIT is cut short", "超过它，TIME_WAIT 直接被扔掉"},
	"net.core.somaxconn":           {"", "how many may wait for Accept", "最多多少来电等 Accept"},
	"net.ipv4.ip_local_port_range": {"", "the ports to call out from", "拨出时能用的端口"},
	"net.ipv4.tcp_migrate_req":     {"", "1: a queue is handed on at Close", "1：Close 时队列转交给别人"},
}

// settings shows this machine's. It only reads.
func (s *stage) settings() error {
	var rows [][]string
	for _, name := range reuseaddr.Settings {
		value, err := reuseaddr.ReadSetting(name)
		if err != nil {
			value = "–"
		}
		what := truths[name]
		rows = append(rows, []string{strings.TrimPrefix(strings.TrimPrefix(name, "net."), "ipv4."), value, what.source, s.lang.Pick(what.en, what.zh)})
	}
	if runtime.GOOS != "linux" {
		fmt.Fprintln(s.out)
		return s.Say("Method two of the source, the kernel's settings, is Linux's alone.", "原文的方法二（内核参数）只有 Linux 才有。")
	}
	return s.list("method two", nil, rows)
}

// waitLimit is longer than TIME_WAIT lasts on any system: RFC 9293 has it
// last four minutes.
const waitLimit = 5 * time.Minute

// waitOut puts a port into TIME_WAIT and tries to bind it until it is free.
// How long that may take it says every ten seconds.
func (s *stage) waitOut() error {
	ln, err := reuseaddr.Listen(s.ctx, "127.0.0.1:0", optionOff)
	if err != nil {
		return err
	}
	defer ln.Close()
	client, err := ended(s.ctx, ln, reuseaddr.Server, nil)
	if err != nil {
		return err
	}
	ln.Close()
	addr, began := ln.Addr().String(), time.Now()
	left := func() time.Duration {
		sockets, _ := reuseaddr.Sockets(netip.MustParseAddrPort(addr).Port())
		for _, s := range sockets {
			if s.Remote.String() == client.LocalAddr().String() {
				return s.Left
			}
		}
		return 0
	}
	fmt.Fprintln(s.out)
	s.Say("The server has hung up first and closed. Now it wants "+addr+" again, without SO_REUSEADDR, and tries until it gets it.",
		"服务端先挂断，然后关闭。现在它要重新监听 "+addr+"，不开 SO_REUSEADDR，一直试到成功为止。")

	tries, next := 0, left()
	for time.Since(began) < waitLimit {
		tries++
		again, err := reuseaddr.Listen(s.ctx, addr, optionOff)
		if err == nil {
			took := time.Since(began)
			again.Close()
			s.Say(fmt.Sprintf("Bound after %.1f s, at try %d.", took.Seconds(), tries), fmt.Sprintf("等了 %.1f 秒，第 %d 次成功。", took.Seconds(), tries))
			if value, err := reuseaddr.ReadSetting("net.ipv4.tcp_fin_timeout"); err == nil {
				s.Say("TIME_WAIT lasts that long whatever net.ipv4.tcp_fin_timeout says (here "+value+").",
					"不管 net.ipv4.tcp_fin_timeout 是多少（本机是 "+value+"），TIME_WAIT 都是这么长。")
			}
			return nil
		}
		if !reuseaddr.InUse(err) {
			return err
		}
		if left := left(); left > 0 && left <= next {
			s.Say(fmt.Sprintf("TIME_WAIT for another %.0f s", left.Seconds()), fmt.Sprintf("TIME_WAIT 还有 %.0f 秒", left.Seconds()))
			next = left - 10*time.Second
		}
		if err := hold(s.ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s was still in use after %v", addr, waitLimit)
}
