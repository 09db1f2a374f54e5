// Package cli is what the programs of a lesson share: flags, Ctrl-C, one
// line for an error, an exit code. It is the same in every lesson and is
// not part of any; read the lesson first.
//
// Exit codes: 0 done, or a server that was asked to stop; 1 it failed;
// 2 bad usage; 130 a client interrupted in the middle of its work.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A Usage error is the caller's own mistake: exit code 2.
type Usage string

func (u Usage) Error() string { return string(u) }

// Server runs a server until it ends by itself or is asked to stop
// (Ctrl-C, SIGTERM); then ctx ends, and whatever run returns, the exit
// code is 0.
func Server(run func(ctx context.Context) error) { os.Exit(program("", "", true, 0, run)) }

// OneCall is Server for one that answers a single call: asked to stop in
// the middle of it, the program ends, and the kernel hangs up for it.
func OneCall(run func(ctx context.Context) error) { os.Exit(program("", "", false, 0, run)) }

// Client runs a client. Start is the command that starts its server, for
// the line that says nobody is listening. Interrupted by Ctrl-C before run
// has returned nil, it exits 130.
func Client(start string, run func(ctx context.Context) error) {
	os.Exit(program(start, "", false, 130, run))
}

// ClientOf is Client for a program that takes words after its flags, found
// in flag.Args; args is what the usage calls them, such as "[FILE…]".
func ClientOf(args, start string, run func(ctx context.Context) error) {
	os.Exit(program(start, args, false, 130, run))
}

// moment is how long a run may go on after it was asked to stop: nothing
// can wake a Read that waits for the keyboard. Only a graceful server goes
// on for as long as its stop takes, and says so.
const moment = 500 * time.Millisecond

func program(start, args string, graceful bool, interrupted int, run func(ctx context.Context) error) int {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	fail := func(code int, format string, args ...any) int {
		fmt.Fprintln(os.Stderr, name+":", fmt.Sprintf(format, args...))
		return code
	}
	flag.CommandLine.Init(name, flag.ContinueOnError)
	flag.CommandLine.SetOutput(io.Discard)
	switch err := flag.CommandLine.Parse(os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Println(strings.TrimSpace("usage: " + name + " [flags] " + args))
		flag.CommandLine.SetOutput(os.Stdout)
		flag.PrintDefaults()
		return 0
	case err != nil:
		return fail(2, "%v%s; -h lists the flags", err, unit(err))
	case args == "" && flag.NArg() > 0:
		return fail(2, "%q is not a flag; -h lists the flags", flag.Arg(0))
	}

	if interrupted == 0 {
		// server | head -1: the line is lost then, and not the server.
		signal.Ignore(syscall.SIGPIPE)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills at once
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		select {
		case err = <-done:
		case <-time.After(moment):
			if !graceful {
				return interrupted
			}
			fmt.Fprintln(os.Stderr, name+": stopping; calls in progress may finish, Ctrl-C again cuts them")
			err = <-done
		}
	}
	if _, bad := errors.AsType[Usage](err); bad {
		return fail(2, "%v; -h lists the flags", err)
	}
	switch {
	case ctx.Err() != nil && (err != nil || interrupted == 0):
		return interrupted
	case err != nil:
		return fail(1, "%s", Explain(err, start))
	}
	return 0
}

// unit is what flag does not say of a time: -patience 5 is a parse error.
func unit(err error) (hint string) {
	flag.VisitAll(func(f *flag.Flag) {
		g, ok := f.Value.(flag.Getter)
		if !ok || !strings.Contains(err.Error(), " for flag -"+f.Name+":") {
			return
		}
		if _, ok := g.Get().(time.Duration); ok {
			hint = " (a time has a unit, as in 5s)"
		}
	})
	return hint
}

// Ended says how a call ended, for a server that tells: nil is a caller
// who hung up.
func Ended(err error) string {
	switch {
	case err == nil:
		return "hung up"
	case errors.Is(err, net.ErrClosed):
		return "cut off: the server stops"
	}
	return "cut off: " + Explain(err, "")
}

// Explain puts an error into one line that says what was wrong and, where
// that is known, what to do next. Start is the command that starts the
// server; "" leaves it out.
func Explain(err error, start string) string {
	op, _ := errors.AsType[*net.OpError](err)
	if op == nil {
		op = &net.OpError{}
	}
	addr := "that address"
	if op.Addr != nil {
		addr = op.Addr.String()
	}
	if start != "" {
		start = "; start the server first: " + start
	}
	dns, _ := errors.AsType[*net.DNSError](err)
	bad, _ := errors.AsType[*net.AddrError](err)
	timeout, _ := errors.AsType[net.Error](err)
	switch {
	case bad != nil:
		return fmt.Sprintf("%s: %q; an address is HOST:PORT, such as 127.0.0.1:8080", bad.Err, bad.Addr)
	case dns != nil && strings.Contains(dns.Err, "unknown port"):
		return fmt.Sprintf("%s: not a port; a port is a number from 0 to 65535, as in 127.0.0.1:8080", dns.Name)
	case dns != nil:
		return fmt.Sprintf("no address found for the name %q (%s); check the spelling, or give a number: 127.0.0.1:8080", dns.Name, dns.Err)
	case errors.Is(err, errRefused):
		return "nobody is listening at " + addr + start
	case errors.Is(err, errInUse):
		return addr + " is taken by another program; stop it, or choose another: -addr 127.0.0.1:0"
	case errors.Is(err, errNotOurs):
		return addr + " is not an address of this machine; use 127.0.0.1 for this machine alone"
	case errors.Is(err, errDenied) && op.Op == "listen":
		return addr + ": not permitted (ports below 1024 are privileged); choose a higher one: -addr 127.0.0.1:8080"
	case (op.Op == "dial" || op.Op == "listen") && op.Addr == nil:
		return err.Error() + "; an address is HOST:PORT, such as 127.0.0.1:8080"
	case errors.Is(err, errNoRoute), errors.Is(err, errNoHost):
		return addr + " cannot be reached from here; check the address, and the network"
	case errors.Is(err, errNotConnected):
		return "the other side has left before we had said all; does its own line say why?"
	case errors.Is(err, errReset):
		return "the other side slammed the phone (connection reset by peer)"
	case errors.Is(err, errPipe):
		return "the other side has left, nobody hears us any more (broken pipe)"
	case timeout != nil && timeout.Timeout() && op.Op == "dial":
		return addr + " does not answer; check the address, or whether a firewall stands between"
	case timeout != nil && timeout.Timeout() && op.Op == "write":
		return "nothing was taken in time: the other side does not listen"
	case timeout != nil && timeout.Timeout():
		return "nothing was heard in time: the other side is silent; who is to speak?"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the other side hung up too early: " + err.Error()
	}
	return err.Error()
}
