//go:build unix

package pages

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// How long a transcript may take, compiling included; how long a page waits
// for what it shows once there is some output; and how long a pause is.
const (
	limit   = 4 * time.Minute
	patient = 10 * time.Second
	quiet   = 2 * time.Second // only while updating: a client says nothing until it hears something
)

// The go of a transcript, first in its PATH.
//
//go:embed go.sh
var shim []byte

// Prepare puts the shim in place.
func (r *Runner) Prepare() error {
	bin := filepath.Join(r.Dir, "bin")
	return errors.Join(os.MkdirAll(bin, 0o755), os.WriteFile(filepath.Join(bin, "go"), shim, 0o755))
}

// A session is one transcript being run.
type session struct {
	r      *Runner
	b      *Block
	ctx    context.Context
	dir    string // working directory
	bin    string // what make builds
	live   string // where a server of this transcript listens, or ""
	closed string // where nobody listens
	vary   []*regexp.Regexp
}

func (r *Runner) run(b *Block, cmds []command) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	s := &session{r: r, b: b, ctx: ctx, dir: r.Site.Root}
	for _, v := range b.Dir.options["vary"] {
		s.vary = append(s.vary, regexp.MustCompile(v)) // parseDirective has compiled it
	}
	if s.bin, err = os.MkdirTemp(r.Dir, "bin-"); err != nil {
		return err
	}
	if b.Dir.has("copy") {
		s.dir = s.bin + "-copy"
		if err := copyTree(s.dir, r.Site.Root); err != nil {
			return err
		}
	}
	nobody, err := refusing()
	if err != nil {
		return err
	}
	defer nobody.Close()
	s.closed = nobody.LocalAddr().String()

	for _, with := range b.Dir.options["with"] {
		p, err := s.start(with, s.address(), "")
		if err != nil {
			return err
		}
		defer p.end()
		if err := s.listening(p, with); err != nil {
			return err
		}
	}
	var text strings.Builder
	var wrong error
	for i, c := range cmds {
		last := i == len(cmds)-1
		got, code, err := s.command(c, last)
		if err != nil {
			return fmt.Errorf("$ %s: %w", c.line, err)
		}
		if n := len(got); n > 0 && got[n-1] == "exit status 77" { // it cannot be shown on this system
			return Skip(strings.Join(got[:n-1], " "))
		}
		if wrong == nil {
			wrong = s.compare(c, got, code, last)
		}
		fmt.Fprintln(&text, "$ "+c.line)
		for _, line := range merge(c.expected, got, s.vary) {
			fmt.Fprintln(&text, line)
		}
	}
	if wrong != nil {
		return &Mismatch{wrong, text.String()}
	}
	return nil
}

func (s *session) compare(c command, got []string, code int, last bool) error {
	want := s.b.Dir.get("exit")
	switch {
	case !matches(c.expected, got, s.vary):
		return fmt.Errorf("$ %s prints something else (-page +printed); go test ./docs -update rewrites the page, vary=`REGEXP` declares what differs from run to run:\n%s",
			c.line, gocmp.Diff(normaliseAll(c.expected, s.vary), normaliseAll(got, s.vary)))
	case last && want != "" && want != fmt.Sprint(code):
		return fmt.Errorf("$ %s exits %d, the page says exit=%s", c.line, code, want)
	case want == "" && code != 0:
		return fmt.Errorf("$ %s exits %d; if it is to fail, write exit=%d in the directive", c.line, code, code)
	}
	return nil
}

// refusing has an address where nobody listens, and keeps it: a client's own,
// which is bound and does not listen.
func refusing() (net.Conn, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer ln.Close()
	return net.Dial("tcp", ln.Addr().String())
}

// address is what 127.0.0.1:8080 on the page stands for.
func (s *session) address() string { return cmp.Or(s.live, s.closed) }

func (s *session) env() []string {
	locale := "en_US.UTF-8"
	if s.b.Page.Chinese {
		locale = "zh_CN.UTF-8"
	}
	drop := []string{"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKE_TERMOUT", "MAKE_TERMERR", "ARGS", "LANG", "LC_MESSAGES", "COLUMNS", "PAGES"}
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(drop, name)
	})
	return append(env,
		"PAGES_PATH="+os.Getenv("PATH"), "PAGES_ROOT="+s.r.Site.Root, "PAGES_PROGRAMS="+filepath.Join(s.r.Dir, "programs"),
		"PAGES_SERVER="+cmp.Or(s.live, "127.0.0.1:0"), "PAGES_CLIENT="+s.address(),
		"PATH="+filepath.Join(s.r.Dir, "bin")+":"+os.Getenv("PATH"), "BIN="+s.bin, "PWD="+s.dir,
		"LC_ALL="+locale, "LANGUAGE=en", "TERM=dumb", "NO_COLOR=1", "GOFLAGS=-buildvcs=false")
}

// A process is one command line with all that it started, its output in one.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser // nil where there is nothing to type
	mu    sync.Mutex
	out   []byte
	done  chan struct{} // closed when it has ended and all output is read
	end   func()        // of all that still runs
}

// start runs a line as the reader would type it, with at in the place of the
// address that the page shows.
func (s *session) start(line, at, typed string) (*process, error) {
	line = regexp.MustCompile(`\b127\.0\.0\.1([: ])8080\b`).ReplaceAllString(line, "127.0.0.1${1}"+at[strings.LastIndexByte(at, ':')+1:])
	ctx, cancel := context.WithCancel(s.ctx)
	p := &process{cmd: exec.CommandContext(ctx, "sh", "-c", line), done: make(chan struct{})}
	p.end = func() { cancel(); <-p.done }
	p.cmd.Dir, p.cmd.Env = s.dir, s.env()
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Cancel = func() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }
	p.cmd.Stdout, p.cmd.Stderr = p, p
	var err error
	if typed != "" {
		if p.stdin, err = p.cmd.StdinPipe(); err != nil {
			return nil, err
		}
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = append(p.out, b...)
	return len(b), nil
}

func (p *process) printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.out)
}

// until waits for output that suits ok, or for the end.
func (p *process) until(ok func(out string) bool) bool {
	for !ok(p.printed()) {
		select {
		case <-p.done:
			return ok(p.printed())
		case <-time.After(5 * time.Millisecond):
		}
	}
	return true
}

// silence waits until nothing has been printed for a while.
func (p *process) silence() {
	before, since := "", time.Now()
	p.until(func(out string) bool {
		if out != before {
			before, since = out, time.Now()
		}
		return time.Since(since) > quiet
	})
}

var listens = regexp.MustCompile(`(?m)^listening on (\S+:\d+)$`)

// listening waits for a server's first line and takes its address.
func (s *session) listening(p *process, line string) error {
	if !p.until(listens.MatchString) {
		return fmt.Errorf("%s never says where it listens (\"listening on HOST:PORT\"); it says %q", line, p.printed())
	}
	s.live = listens.FindStringSubmatch(p.printed())[1]
	return nil
}

func (s *session) command(c command, last bool) ([]string, int, error) {
	at, typed, peers := s.address(), s.b.Dir.options["type"], s.b.Dir.options["peer"]
	if !last {
		typed, peers = nil, nil
	}
	if peers != nil {
		at = "127.0.0.1:0" // the command is a server: it chooses
	}
	p, err := s.start(c.line, at, strings.Join(typed, " "))
	if err != nil {
		return nil, 0, err
	}
	defer p.end()
	if peers != nil {
		if err := s.company(p, peers); err != nil {
			return nil, 0, err
		}
	}
	s.typing(p, c, typed)
	p.until(func(out string) bool { return strings.Contains(out, "\n") })
	if listens.MatchString(p.printed()) { // a server that the page leaves running
		s.await(p, c.expected)
	} else {
		<-p.done
	}
	code := 0
	select {
	case <-p.done:
		code = p.cmd.ProcessState.ExitCode()
	default:
	}
	if s.ctx.Err() != nil {
		return nil, 0, fmt.Errorf("still running after %v", limit)
	}
	return split(s.public(p.printed())), code, nil
}

// await waits until the page's lines are printed, and no others.
func (s *session) await(p *process, lines []string) {
	if s.r.Updating {
		p.silence()
		return
	}
	late := time.Now().Add(patient)
	p.until(func(out string) bool {
		return time.Now().After(late) || strings.HasSuffix(out, "\n") && matches(lines, split(s.public(out)), s.vary)
	})
}

// company lets the peers call the server that p is, one after another.
func (s *session) company(p *process, peers []string) error {
	if err := s.listening(p, "the command"); err != nil {
		return err
	}
	for _, line := range peers {
		peer, err := s.start(line, s.live, "")
		if err != nil {
			return err
		}
		<-peer.done
	}
	return nil
}

// typing types each line of type= once the page's lines above it have been
// printed, and shows it there, as a terminal does. Then the input ends.
func (s *session) typing(p *process, c command, typed []string) {
	if p.stdin == nil {
		return
	}
	defer p.stdin.Close()
	at := 0
	for _, text := range typed {
		text = strings.TrimSuffix(text, "\n")
		if i := slices.Index(c.expected[min(at, len(c.expected)):], text); s.r.Updating {
			p.silence()
		} else if i >= 0 {
			at += i
			p.until(func(out string) bool { return matches(c.expected[:at], split(s.public(out)), s.vary) })
			at++
		}
		p.Write([]byte(text + "\n"))
		if _, err := io.WriteString(p.stdin, text+"\n"); err != nil {
			return // it has ended; what it printed will tell
		}
	}
}

// public shows this run's own addresses and folders as the pages show them.
func (s *session) public(out string) string {
	own := []string{s.live, s.closed}
	if m := listens.FindStringSubmatch(out); m != nil && s.live == "" {
		own = append(own, m[1]) // a server that chose its own port
	}
	for _, addr := range own {
		if at := strings.LastIndexByte(addr, ':'); at >= 0 {
			out = regexp.MustCompile(addr[at:]+`\b`).ReplaceAllLiteralString(out, ":8080")
		}
	}
	return strings.NewReplacer(s.bin, ".bin", filepath.Join(s.r.Dir, "programs"), ".bin", s.dir, "~/dialtone").Replace(out)
}

// copyTree copies what belongs to the course, for commands that change files.
func copyTree(to, from string) error {
	tree := os.DirFS(from)
	return fs.WalkDir(tree, ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || file == "uploads"):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, file), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		data, err := fs.ReadFile(tree, file)
		return errors.Join(err, os.WriteFile(filepath.Join(to, file), data, 0o644))
	})
}
