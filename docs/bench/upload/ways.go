package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// way is one way to move the file.
type way struct {
	Name    string    `json:"name"`
	What    string    `json:"what"`
	Seconds []float64 `json:"seconds"`

	needs []string // programs
	// move moves the file and says how long that took. Servers are started
	// before the clock is.
	move func(ctx context.Context, out string) (time.Duration, error)
}

type bench struct {
	work, src string
	size      int64
}

// prepare makes the file: noise, as a film is to whoever does not play it.
func (b *bench) prepare() error {
	f, err := os.Create(b.src)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyN(f, rand.NewChaCha8([32]byte{}), b.size)
	return errors.Join(err, f.Sync())
}

// time runs w twice, and the clock runs the second time: the old output is
// gone and on its way to no disk, the source in the page cache, and the
// memory for the new output at hand. (A virtual machine may have given it
// back to its host, and get it again page by page, which takes longer than
// the upload.)
func (b *bench) time(ctx context.Context, w *way) (took time.Duration, err error) {
	out := filepath.Join(b.work, "out")
	exec.Command("sync").Run() // nobody pays for what the disk is still at
	for range 2 {
		os.RemoveAll(out)
		if err := os.Mkdir(out, 0o777); err != nil {
			return 0, err
		}
		if err := b.read(); err != nil {
			return 0, err
		}
		if took, err = w.move(ctx, out); err != nil {
			return 0, err
		}
		if w.Name == "iperf3" {
			continue
		}
		if err := b.arrived(out); err != nil {
			return 0, err
		}
	}
	return took, nil
}

func (b *bench) read() error {
	f, err := os.Open(b.src)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(io.Discard, f)
	return err
}

// arrived says whether there is one file of the right size.
func (b *bench) arrived(out string) error {
	var size int64
	entries, err := os.ReadDir(out)
	for _, e := range entries {
		if is, err := e.Info(); err == nil && is.Mode().IsRegular() {
			size += is.Size()
		}
	}
	if err == nil && size != b.size {
		err = fmt.Errorf("%d bytes arrived of %d", size, b.size)
	}
	return err
}

// command is a program that ends with ctx.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = time.Second
	return cmd
}

// clock runs cmd to its end.
func clock(cmd *exec.Cmd) (time.Duration, error) {
	var said bytes.Buffer
	if cmd.Stderr == nil {
		cmd.Stderr = &said
	}
	began := time.Now()
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, said.String())
	}
	return time.Since(began), err
}

// serving runs a server while f runs, which begins when the server listens at
// port, if that is known.
func serving(server *exec.Cmd, port string, f func() (time.Duration, error)) (time.Duration, error) {
	var said bytes.Buffer
	server.Stderr = &said
	if err := server.Start(); err != nil {
		return 0, err
	}
	defer func() {
		server.Process.Kill()
		server.Wait()
	}()
	var err error
	if port != "" {
		err = listens(port)
	}
	var took time.Duration
	if err == nil {
		took, err = f()
	}
	if err != nil {
		err = fmt.Errorf("%w %s", err, said.String())
	}
	return took, err
}

// free is an address that nobody has at the moment.
func free() (addr, port string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer ln.Close()
	_, port, _ = net.SplitHostPort(ln.Addr().String())
	return ln.Addr().String(), port
}

// listens waits until somebody listens at port, without calling: some
// servers here answer one call only.
func listens(port string) error {
	n, _ := strconv.Atoi(port)
	want := fmt.Sprintf("0100007F:%04X 00000000:0000 0A", n)
	for late := time.Now().Add(10 * time.Second); time.Now().Before(late); time.Sleep(5 * time.Millisecond) {
		table, err := os.ReadFile("/proc/net/tcp")
		if err != nil {
			time.Sleep(300 * time.Millisecond) // nobody can tell here
			return nil
		}
		if strings.Contains(string(table), want) {
			return nil
		}
	}
	return errors.New("its server does not come up")
}

// gbits reads what iperf3 says that the receiver got.
func gbits(report []byte, size int64) (time.Duration, error) {
	var r struct {
		End struct {
			Received struct {
				Bits float64 `json:"bits_per_second"`
			} `json:"sum_received"`
		} `json:"end"`
	}
	if err := json.Unmarshal(report, &r); err != nil || r.End.Received.Bits == 0 {
		return 0, fmt.Errorf("no rate in its report: %w", err)
	}
	return time.Duration(float64(size) * 8 / r.End.Received.Bits * float64(time.Second)), nil
}
