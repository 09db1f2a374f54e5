package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	reuseaddr "example.com/dialtone/03-reuseaddr"
)

// waitLimit is longer than TIME_WAIT lasts on any system: RFC 9293 has it
// last four minutes.
const waitLimit = 5 * time.Minute

// waitOut puts a port into TIME_WAIT and tries to bind it until it is free.
func (s *stage) waitOut(ctx context.Context) error {
	ln, err := reuseaddr.Listen(ctx, "127.0.0.1:0", optionOff)
	if err != nil {
		return err
	}
	defer ln.Close()
	client, err := (&net.Dialer{Timeout: wait}).DialContext(ctx, "tcp", ln.Addr().String())
	if err != nil {
		return err
	}
	server, err := ln.Accept()
	if err != nil {
		return err
	}
	if err := reuseaddr.Close(reuseaddr.Server, server, client); err != nil {
		return err
	}
	ln.Close()
	addr, began := ln.Addr().String(), time.Now()
	left := func() time.Duration {
		sockets, _ := reuseaddr.Sockets(netip.MustParseAddrPort(addr).Port())
		return pick(sockets, server.LocalAddr(), server.RemoteAddr()).Left
	}
	s.line()
	s.Say("The server has hung up first and closed. Now it wants "+addr+" again, without SO_REUSEADDR, and tries until it gets it.",
		"服务端先挂断，然后关闭。现在它要重新监听 "+addr+"，不开 SO_REUSEADDR，一直试到成功为止。")

	show := s.countdown(left())
	tries := 0
	for time.Since(began) < waitLimit {
		tries++
		again, err := reuseaddr.Listen(ctx, addr, optionOff)
		if err == nil {
			took := time.Since(began)
			again.Close()
			show(0)
			s.line()
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
		show(left())
		if err := hold(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s was still in use after %v", addr, waitLimit)
}

// countdown shows how long is left: a bar on a terminal, else a line every
// ten seconds.
func (s *stage) countdown(all time.Duration) func(left time.Duration) {
	if !s.colour || all == 0 {
		next := all
		return func(left time.Duration) {
			if left > 0 && left <= next {
				s.Say(fmt.Sprintf("TIME_WAIT for another %.0f s", left.Seconds()), fmt.Sprintf("TIME_WAIT 还有 %.0f 秒", left.Seconds()))
				next = left - 10*time.Second
			}
		}
	}
	return func(left time.Duration) {
		text := fmt.Sprintf(s.lang.Pick("TIME_WAIT %4.1f s left", "TIME_WAIT 还有 %4.1f 秒"), left.Seconds())
		if left == 0 {
			// The kernel looks at its long timers only every second or two.
			text = s.lang.Pick("TIME_WAIT any moment", "TIME_WAIT 随时结束")
		}
		const columns = 40
		done := int(columns * max(0, all-left) / all)
		fmt.Fprintf(s.out, "\r[%s%s] %s\x1b[K ", strings.Repeat("█", done), strings.Repeat("░", columns-done), text)
	}
}
