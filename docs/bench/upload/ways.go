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
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// way is one way to move the file, as one would type it: a server, which
// listens before the clock is started, and a client, which is timed.
type way struct {
	Name    string    `json:"name"`
	What    string    `json:"what"`
	Seconds []float64 `json:"seconds"`

	needs          string // programs
	server, client string // lines with the variables of command
	ends           bool   // the server does, by itself, and is timed too
	prints         bool   // the server chooses its port
	http           bool   // the server is in this process
}

const (
	receive = "$WORK/server -addr 127.0.0.1:$PORT -dir $OUT -sync="
	send    = "$WORK/client -addr 127.0.0.1:$PORT "
)

// ways are all that are known, ours first.
func ways() []*way {
	return []*way{
		{Name: "dialtone 1", What: "protocol 1: exact size", server: receive + "false", client: send + "-protocol 1 $SRC"},
		{Name: "dialtone 2 none", What: "protocol 2, no digest", server: receive + "false", client: send + "-digest none $SRC"},
		{Name: "dialtone 2 crc32c", What: "protocol 2, CRC-32C", server: receive + "false", client: send + "-digest crc32c $SRC"},
		{Name: "dialtone 2 sha256", What: "protocol 2, SHA-256", server: receive + "false", client: send + "$SRC"},
		{Name: "dialtone 2 sha256 synced", What: "the same, on the disk itself", server: receive + "true", client: send + "$SRC"},
		{Name: "dialtone 1 without a bar", What: "under script(1), stderr to a file", needs: "script",
			server: receive + "false",
			client: `script -qefc "` + send + `-protocol 1 $SRC 2>/dev/null" /dev/null`},
		{Name: "dialtone 1 with a bar", What: "under script(1), on its terminal", needs: "script",
			server: receive + "false",
			client: `script -qefc "` + send + `-protocol 1 $SRC" /dev/null`},
		{Name: "cp", What: "no network at all", needs: "cp", client: "cp $SRC $OUT/file"},
		{Name: "iperf3", What: "no files at all", needs: "iperf3",
			server: "iperf3 -s -1 -B 127.0.0.1 -p $PORT",
			client: "iperf3 -J -c 127.0.0.1 -p $PORT -n $SIZE"},
		{Name: "nc", What: "as it is", needs: "nc", ends: true,
			server: "nc -l 127.0.0.1 $PORT >$OUT/file",
			client: "nc -N 127.0.0.1 $PORT <$SRC"},
		{Name: "socat", What: "with buffers of 1 MiB", needs: "socat", ends: true,
			server: "socat -u -b 1048576 TCP-LISTEN:$PORT,bind=127.0.0.1 CREATE:$OUT/file",
			client: "socat -u -b 1048576 FILE:$SRC TCP:127.0.0.1:$PORT"},
		{Name: "rsync daemon", What: "--whole-file", needs: "rsync",
			server: "rsync --daemon --no-detach --address=127.0.0.1 --port=$PORT --config=$WORK/rsyncd.conf",
			client: "rsync --whole-file $SRC rsync://127.0.0.1:$PORT/up/"},
		{Name: "scp", What: "encrypted, as it is", needs: "scp sshd ssh-keygen",
			server: "$(command -v sshd) -D -e -f $WORK/sshd_config -p $PORT",
			client: "scp -q -F $WORK/ssh_config -P $PORT $SRC 127.0.0.1:$OUT/file"},
		{Name: "go http put", What: "curl -T to net/http, io.Copy", needs: "curl", http: true,
			client: "curl -sS -f -o /dev/null -T $SRC http://127.0.0.1:$PORT/file"},
		// The lesson's peer sends and receives as the source does. It chooses a port, and prints it.
		{Name: "python", What: "recv(1024), and a send for each line", needs: "python3", prints: true,
			server: "python3 $PEER serve 1",
			client: "python3 $PEER send 127.0.0.1 $PORT plain $SRC"},
	}
}

// bench is the file, and where it goes.
type bench struct {
	work, src, out string
	size           int64
}

// prepare makes the file: noise, as a film is to whoever does not play it;
// and what the servers want to read.
func (b *bench) prepare(ctx context.Context) error {
	f, err := os.Create(b.src)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.CopyN(f, rand.NewChaCha8([32]byte{}), b.size); err != nil {
		return err
	}
	key := filepath.Join(b.work, "key")
	for name, text := range map[string]string{
		"rsyncd.conf": fmt.Sprintf("use chroot = no\nuid = %d\ngid = %d\n[up]\npath = %s\nread only = no\n", os.Getuid(), os.Getgid(), b.out),
		"sshd_config": fmt.Sprintf("ListenAddress 127.0.0.1\nHostKey %s\nAuthorizedKeysFile %s.pub\nStrictModes no\nPidFile none\n", key, key) +
			"Subsystem sftp internal-sftp\n",
		"ssh_config": fmt.Sprintf("IdentityFile %s\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nBatchMode yes\n", key),
	} {
		if err := os.WriteFile(filepath.Join(b.work, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	exec.CommandContext(ctx, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).Run() // scp says so if it is missing
	os.MkdirAll("/run/sshd", 0o755)                                                          // sshd wants this folder, when it is root
	return f.Sync()
}

// time runs w twice, and the clock runs the second time: the old output is
// gone and on its way to no disk, the source in the page cache, and the
// memory for the new output at hand. (A virtual machine may have given it
// back to its host, and get it again page by page, which takes longer than
// the upload.)
func (b *bench) time(ctx context.Context, w *way) (took time.Duration, err error) {
	exec.Command("sync").Run() // nobody pays for what the disk is still at
	for range 2 {
		os.RemoveAll(b.out)
		if err := os.Mkdir(b.out, 0o777); err != nil {
			return 0, err
		}
		if err := b.read(); err != nil {
			return 0, err
		}
		if took, err = b.move(ctx, w); err == nil && w.Name != "iperf3" {
			err = b.arrived()
		}
		if err != nil {
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
func (b *bench) arrived() error {
	var size int64
	entries, err := os.ReadDir(b.out)
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

// move moves the file and says how long that took.
func (b *bench) move(ctx context.Context, w *way) (took time.Duration, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	if w.http {
		server := &http.Server{Handler: http.HandlerFunc(b.put)}
		go server.Serve(ln)
		defer server.Close()
	} else {
		ln.Close() // nobody has this port at the moment
	}
	var saidServer, saidClient bytes.Buffer
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w %s%s", err, &saidServer, &saidClient)
		}
	}()
	var server *exec.Cmd
	if w.server != "" {
		server = b.command(ctx, w.server, port, &saidServer)
		printed, err := server.StdoutPipe()
		if err != nil {
			return 0, err
		}
		if err := server.Start(); err != nil {
			return 0, err
		}
		defer func() {
			server.Process.Kill()
			server.Wait()
		}()
		if w.prints {
			_, err = fmt.Fscanln(printed, &port)
		} else {
			err = listens(port)
		}
		if err != nil {
			return 0, err
		}
	}
	client := b.command(ctx, w.client, port, &saidClient)
	began := time.Now()
	report, err := client.Output()
	if err == nil && w.ends {
		err = server.Wait()
	}
	if took = time.Since(began); err == nil && w.Name == "iperf3" {
		took, err = gbits(report, b.size)
	}
	return took, err
}

// command is a line as one would type it. Only what needs a shell has one,
// for Windows has none; it becomes the program and ends with ctx.
func (b *bench) command(ctx context.Context, line, port string, said io.Writer) *exec.Cmd {
	peer, _ := filepath.Abs(filepath.Join("05-file-upload", "testdata", "peer.py"))
	known := map[string]string{"WORK": b.work, "SRC": b.src, "OUT": b.out, "PORT": port, "SIZE": fmt.Sprint(b.size), "PEER": peer}
	args := strings.Fields(line)
	for i, arg := range args {
		args[i] = os.Expand(arg, func(name string) string { return known[name] })
	}
	if strings.ContainsAny(line, "<>\"(") {
		args = []string{"sh", "-c", "exec " + line}
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = os.Environ()
	for name, value := range known {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Dir, cmd.Stderr, cmd.WaitDelay = b.out, said, time.Second
	return cmd
}

// put is what a server of net/http does with a file.
func (b *bench) put(w http.ResponseWriter, r *http.Request) {
	f, err := os.Create(filepath.Join(b.out, "file"))
	if err == nil {
		_, err = io.Copy(f, r.Body)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
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
