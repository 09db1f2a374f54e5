// Book is the course in a browser: its chapters and pages, and in them the
// scenes of the lessons, which really run when a button is pressed.
//
//	go run ./docs/book [-addr 127.0.0.1:0]    serve it on this machine
//	go run ./docs/book -out DIR               write it as files, with recorded scenes
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "`HOST:PORT` to serve at: this machine only; port 0 picks a free one")
	out := flag.String("out", "", "write the book as files into `DIR` instead")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, *out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "book:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr, out string, words []string) error {
	if len(words) > 0 {
		return fmt.Errorf("%q: only flags; -h lists them", words)
	}
	dir, err := checkout()
	if err != nil {
		return err
	}
	b, err := open(dir)
	if err != nil {
		return err
	}
	defer b.root.Close()
	if out != "" {
		return b.write(out)
	}
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return err
	}
	if !tcp.IP.IsLoopback() {
		return fmt.Errorf("-addr %s: the book runs programs for whoever asks, so only on this machine: 127.0.0.1", addr)
	}
	ln, err := net.ListenTCP("tcp", tcp)
	if err != nil {
		return fmt.Errorf("%w; -addr 127.0.0.1:0 picks a free port", err)
	}
	fmt.Printf("listening on %v\nopen http://%v/ in a browser; Ctrl-C ends it\n", ln.Addr(), ln.Addr())
	return b.serve(ctx, ln)
}

// serve answers on ln until ctx is done; then it ends the plays and checks too.
func (b *book) serve(ctx context.Context, ln net.Listener) error {
	server := &http.Server{
		Handler:           b.handler(ln.Addr().String()),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    1 << 16,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	done := context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if server.Shutdown(late) != nil {
			server.Close()
		}
	})
	defer b.checks.end()
	defer done()
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// checkout is the folder of go.mod, here or above.
func checkout() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod here or above: run it inside the course's folder")
		}
	}
	return "", err
}
