package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ways are all that are known, ours first.
func (b *bench) ways() []*way {
	return []*way{
		{Name: "dialtone 1", What: "protocol 1: exact size", move: b.dialtone("", false, "-protocol", "1")},
		{Name: "dialtone 2 none", What: "protocol 2, no digest", move: b.dialtone("", false, "-digest", "none")},
		{Name: "dialtone 2 crc32c", What: "protocol 2, CRC-32C", move: b.dialtone("", false, "-digest", "crc32c")},
		{Name: "dialtone 2 sha256", What: "protocol 2, SHA-256", move: b.dialtone("", false)},
		{Name: "dialtone 2 sha256 synced", What: "the same, on the disk itself", move: b.dialtone("", true)},
		{Name: "dialtone 1 without a bar", What: "under script(1), stderr to a file", needs: []string{"script"}, move: b.dialtone("2>/dev/null", false, "-protocol", "1")},
		{Name: "dialtone 1 with a bar", What: "under script(1), on its terminal", needs: []string{"script"}, move: b.dialtone(" ", false, "-protocol", "1")},
		{Name: "cp", What: "no network at all", needs: []string{"cp"}, move: func(ctx context.Context, out string) (time.Duration, error) {
			return clock(command(ctx, "cp", b.src, filepath.Join(out, "file")))
		}},
		{Name: "iperf3", What: "no files at all", needs: []string{"iperf3"}, move: b.iperf3},
		{Name: "nc", What: "as it is", needs: []string{"nc"}, move: b.nc},
		{Name: "socat", What: "with buffers of 1 MiB", needs: []string{"socat"}, move: b.socat},
		{Name: "rsync daemon", What: "--whole-file", needs: []string{"rsync"}, move: b.rsync},
		{Name: "scp", What: "encrypted, as it is", needs: []string{"scp", "sshd", "ssh-keygen"}, move: b.scp},
		{Name: "go http put", What: "curl -T to net/http, io.Copy", needs: []string{"curl"}, move: b.put},
		{Name: "python", What: "recv(1024), and a send for each line", needs: []string{"python3"}, move: b.python},
	}
}

// dialtone runs the two programs of the lesson. Tty is what to do with
// standard error under script, or empty without one.
func (b *bench) dialtone(tty string, sync bool, flags ...string) func(context.Context, string) (time.Duration, error) {
	return func(ctx context.Context, out string) (time.Duration, error) {
		addr, port := free()
		server := command(ctx, filepath.Join(b.work, "server"), "-addr", addr, "-dir", out, "-sync="+strconv.FormatBool(sync))
		return serving(server, port, func() (time.Duration, error) {
			args := append([]string{"-addr", addr}, append(flags, b.src)...)
			client := filepath.Join(b.work, "client")
			if tty == "" {
				return clock(command(ctx, client, args...))
			}
			return clock(command(ctx, "script", "-qefc", strings.Join(append([]string{client}, args...), " ")+" "+tty, os.DevNull))
		})
	}
}

func (b *bench) iperf3(ctx context.Context, _ string) (time.Duration, error) {
	_, port := free()
	return serving(command(ctx, "iperf3", "-s", "-1", "-B", "127.0.0.1", "-p", port), port, func() (time.Duration, error) {
		report, err := command(ctx, "iperf3", "-J", "-c", "127.0.0.1", "-p", port, "-n", fmt.Sprint(b.size)).Output()
		if err != nil {
			return 0, err
		}
		return gbits(report, b.size)
	})
}

// pipe is a receiver that ends by itself, and a sender: timed until both
// have ended.
func pipe(port string, receiver, sender *exec.Cmd) (time.Duration, error) {
	if err := receiver.Start(); err != nil {
		return 0, err
	}
	defer receiver.Process.Kill()
	if err := listens(port); err != nil {
		return 0, err
	}
	began := time.Now()
	if _, err := clock(sender); err != nil {
		return 0, err
	}
	err := receiver.Wait()
	return time.Since(began), err
}

func (b *bench) nc(ctx context.Context, out string) (time.Duration, error) {
	_, port := free()
	in, err := os.Open(b.src)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	to, err := os.Create(filepath.Join(out, "file"))
	if err != nil {
		return 0, err
	}
	defer to.Close()
	receiver, sender := command(ctx, "nc", "-l", "127.0.0.1", port), command(ctx, "nc", "-N", "127.0.0.1", port)
	receiver.Stdout, sender.Stdin = to, in
	return pipe(port, receiver, sender)
}

func (b *bench) socat(ctx context.Context, out string) (time.Duration, error) {
	addr, port := free()
	return pipe(port,
		command(ctx, "socat", "-u", "-b", "1048576", "TCP-LISTEN:"+port+",bind=127.0.0.1", "CREATE:"+filepath.Join(out, "file")),
		command(ctx, "socat", "-u", "-b", "1048576", "FILE:"+b.src, "TCP:"+addr))
}

func (b *bench) rsync(ctx context.Context, out string) (time.Duration, error) {
	addr, port := free()
	conf := filepath.Join(b.work, "rsyncd.conf")
	text := fmt.Sprintf("use chroot = no\nuid = %d\ngid = %d\n[up]\npath = %s\nread only = no\n", os.Getuid(), os.Getgid(), out)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return 0, err
	}
	server := command(ctx, "rsync", "--daemon", "--no-detach", "--address=127.0.0.1", "--port="+port, "--config="+conf)
	return serving(server, port, func() (time.Duration, error) {
		return clock(command(ctx, "rsync", "--whole-file", b.src, "rsync://"+addr+"/up/"))
	})
}

func (b *bench) scp(ctx context.Context, out string) (time.Duration, error) {
	_, port := free()
	key := filepath.Join(b.work, "key")
	if _, err := os.Stat(key); err != nil {
		if _, err := clock(command(ctx, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)); err != nil {
			return 0, err
		}
	}
	sshd, err := exec.LookPath("sshd")
	if err != nil {
		return 0, err
	}
	os.MkdirAll("/run/sshd", 0o755) // it wants this folder, when it is root
	server := command(ctx, sshd, "-D", "-e", "-f", os.DevNull, "-h", key, "-p", port, "-o", "ListenAddress=127.0.0.1",
		"-o", "AuthorizedKeysFile="+key+".pub", "-o", "StrictModes=no", "-o", "PidFile=none", "-o", "Subsystem=sftp internal-sftp")
	return serving(server, port, func() (time.Duration, error) {
		return clock(command(ctx, "scp", "-q", "-P", port, "-i", key, "-o", "StrictHostKeyChecking=no",
			"-o", "UserKnownHostsFile="+os.DevNull, "-o", "BatchMode=yes", b.src, "127.0.0.1:"+out+"/file"))
	})
}

func (b *bench) put(ctx context.Context, out string) (time.Duration, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Create(filepath.Join(out, "file"))
		if err == nil {
			_, err = io.Copy(f, r.Body)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})}
	go server.Serve(ln)
	defer server.Close()
	return clock(command(ctx, "curl", "-sS", "-f", "-o", os.DevNull, "-T", b.src, fmt.Sprintf("http://%v/file", ln.Addr())))
}

// python is the lesson's peer, which sends and receives as the source does.
func (b *bench) python(ctx context.Context, out string) (time.Duration, error) {
	script, err := filepath.Abs(filepath.Join("05-file-upload", "testdata", "peer.py"))
	if err != nil {
		return 0, err
	}
	server := command(ctx, "python3", script, "serve", "1")
	server.Dir = out
	said, err := server.StdoutPipe()
	if err != nil {
		return 0, err
	}
	return serving(server, "", func() (time.Duration, error) {
		var port string
		if _, err := fmt.Fscanln(said, &port); err != nil {
			return 0, err
		}
		return clock(command(ctx, "python3", script, "send", "127.0.0.1", port, "plain", b.src))
	})
}
