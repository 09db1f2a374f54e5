//go:build unix

package pages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// How long one command may take, and how long a page waits for what it shows.
const (
	limit   = 40 * time.Second
	patient = 10 * time.Second
	quiet   = 500 * time.Millisecond // only while updating
)

// The shim: this very program under the name of go, first in the PATH of a
// transcript. For "go build -o OUT PKG" and "go run PKG" of a program that is
// built already it takes that, and gives it the address of this transcript;
// for all else it becomes the real go.
const (
	envShim     = "PAGES_SHIM"     // set: act as the shim
	envGo       = "PAGES_GO"       // the real go
	envPath     = "PAGES_PATH"     // the real PATH
	envPrograms = "PAGES_PROGRAMS" // folder of links, one for each program built
	envServer   = "PAGES_SERVER"   // where a server is to listen
	envClient   = "PAGES_CLIENT"   // where a client is to dial
)

// Shim takes over the process when it runs as the shim. TestMain calls it first.
func Shim() {
	switch os.Getenv(envShim) {
	case "go":
		shim()
	case "tell": // go run -exec: tell where the program is, and do not run it
		os.Stdout.WriteString(os.Args[1])
		os.Exit(0)
	}
}

func shim() {
	args := os.Args[1:]
	if filepath.Base(os.Args[0]) != "go" {
		become(os.Args[0]+".real", append([]string{os.Args[0]}, args...))
	}
	if i := slices.Index(args, "-o"); i > 0 && args[0] == "build" && i+2 < len(args) {
		if real := builtAlready(args[len(args)-1]); real != "" {
			out, self := args[i+1], os.Getenv("PAGES_SELF")
			os.MkdirAll(filepath.Dir(out), 0o755)
			os.Remove(out)
			os.Remove(out + ".real")
			if errors.Join(os.Symlink(self, out), os.Symlink(real, out+".real")) == nil {
				os.Exit(0)
			}
		}
	}
	if len(args) > 1 && args[0] == "run" {
		if real := builtAlready(args[1]); real != "" {
			os.Exit(goRun(real, args[2:]))
		}
	}
	os.Setenv("PATH", os.Getenv(envPath))
	os.Unsetenv(envShim)
	become(os.Getenv(envGo), append([]string{"go"}, args...))
}

func builtAlready(pkg string) string {
	link := filepath.Join(os.Getenv(envPrograms), path.Clean(filepath.ToSlash(pkg)), "program")
	if _, err := os.Stat(link); err != nil {
		return ""
	}
	return link
}

// goRun does what go run does: it outlives Ctrl-C, and says how a failure exited.
func goRun(real string, args []string) int {
	signal.Ignore(os.Interrupt)
	target, args := withAddr(real, args)
	cmd := exec.Command(target, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func become(real string, argv []string) {
	target, args := withAddr(real, argv[1:])
	err := syscall.Exec(target, append(argv[:1], args...), os.Environ())
	fmt.Fprintln(os.Stderr, real+":", err)
	os.Exit(127)
}

// withAddr follows the links to the program and, if that is a server or a
// client, hands it the address of this transcript.
func withAddr(real string, args []string) (string, []string) {
	if link, err := os.Readlink(real); err == nil && strings.HasSuffix(real, ".real") {
		real = link // from .bin/01-basic/server.real to PROGRAMS/01-basic/server/program
	}
	addr := map[string]string{"server": os.Getenv(envServer), "client": os.Getenv(envClient)}[filepath.Base(filepath.Dir(real))]
	if addr != "" && filepath.Base(real) == "program" {
		isAddr := func(a string) bool { return strings.HasPrefix(strings.TrimLeft(a, "-"), "addr") && a[0] == '-' }
		if !slices.ContainsFunc(args, isAddr) {
			args = append([]string{"-addr", addr}, args...)
		}
	}
	if target, err := filepath.EvalSymlinks(real); err == nil {
		return target, args
	}
	return real, args
}

// prepare puts the shim in place and builds every program that a transcript calls.
func (r *Runner) prepare() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	bin := filepath.Join(r.Dir, "bin")
	if err := errors.Join(os.MkdirAll(bin, 0o755), os.Symlink(self, filepath.Join(bin, "go"))); err != nil {
		return err
	}
	var all sync.WaitGroup
	folders := r.programs()
	errs := make([]error, len(folders))
	for i, folder := range folders {
		all.Go(func() { errs[i] = r.build(self, folder) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// build asks go run where it keeps the program that it has built and cached.
func (r *Runner) build(self, folder string) error {
	for range 2 { // built just now, go run runs it from a folder that it removes
		cmd := exec.Command("go", "run", "-exec", `"`+self+`"`, "./"+folder)
		cmd.Dir, cmd.Env = r.Site.Root, append(os.Environ(), envShim+"=tell")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("go run ./%s: %w\n%s", folder, err, stderr.Bytes())
		}
		if _, err := os.Stat(string(out)); err == nil {
			link := filepath.Join(r.Dir, "programs", folder, "program")
			return errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink(string(out), link))
		}
	}
	return nil // not kept: the real go will build it each time
}

// A session is one transcript being run.
type session struct {
	r      *Runner
	b      *Block
	dir    string // working directory
	bin    string // what make builds
	live   string // where a server of this transcript listens, or ""
	closed string // where nobody listens
	vary   []*regexp.Regexp
}

func (r *Runner) run(b *Block) (string, error) {
	cmds, err := b.commands()
	if err != nil {
		return "", err
	}
	s := &session{r: r, b: b, dir: r.Site.Root, vary: b.Dir.varies()}
	if s.bin, err = os.MkdirTemp(r.Dir, "bin-"); err != nil {
		return "", err
	}
	if b.Dir.has("copy") {
		if s.dir, err = os.MkdirTemp(r.Dir, "copy-"); err != nil {
			return "", err
		}
		if err := copyTree(s.dir, r.Site.Root); err != nil {
			return "", err
		}
	}
	release, err := s.refusing()
	if err != nil {
		return "", err
	}
	defer release()

	for _, with := range b.Dir.all("with") {
		p, err := s.start(with, nil, "")
		if err != nil {
			return "", err
		}
		defer p.end()
		if err := s.listening(p, with); err != nil {
			return "", err
		}
	}
	var text strings.Builder
	var wrong error
	for i, c := range cmds {
		last := i == len(cmds)-1
		got, code, err := s.command(c, last)
		if err != nil {
			return "", fmt.Errorf("$ %s: %w", c.line, err)
		}
		if problem := s.compare(c, got, code, last); problem != nil && wrong == nil {
			wrong = problem
		}
		fmt.Fprintf(&text, "$ %s\n", c.line)
		for _, line := range merge(c.expected, got, s.vary) {
			fmt.Fprintln(&text, line)
		}
	}
	if wrong != nil {
		return "", &Mismatch{Text: wrong.Error(), Block: text.String()}
	}
	return text.String(), nil
}

func (s *session) compare(c command, got []string, code int, last bool) error {
	if !matches(c.expected, got, s.vary, true) {
		return fmt.Errorf("$ %s prints something else (-page +printed); go test ./docs -update rewrites the page, vary=`REGEXP` declares what differs from run to run:\n%s",
			c.line, cmp.Diff(normaliseAll(c.expected, s.vary), normaliseAll(got, s.vary)))
	}
	interrupted := slices.ContainsFunc(c.expected, isInterrupt)
	switch want := s.b.Dir.get("exit"); {
	case last && want != "" && want != fmt.Sprint(code):
		return fmt.Errorf("$ %s exits %d, the page says exit=%s", c.line, code, want)
	case want == "" && code != 0 && !interrupted:
		return fmt.Errorf("$ %s exits %d; if it is to fail, write exit=%d in the directive", c.line, code, code)
	}
	return nil
}

func isInterrupt(line string) bool { return strings.HasPrefix(line, "^C") }

// refusing finds an address where nobody listens, and keeps it: a socket that
// is bound but does not listen refuses every call.
func (s *session) refusing() (release func(), err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	unix.CloseOnExec(fd)
	release = func() { unix.Close(fd) }
	if err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err == nil {
		var sa unix.Sockaddr
		if sa, err = unix.Getsockname(fd); err == nil {
			s.closed = fmt.Sprintf("127.0.0.1:%d", sa.(*unix.SockaddrInet4).Port)
			return release, nil
		}
	}
	release()
	return nil, err
}

func (s *session) env() []string {
	server, client := s.live, s.live
	if s.live == "" {
		server, client = "127.0.0.1:0", s.closed
	}
	self, _ := os.Executable()
	locale := "en_US.UTF-8"
	if lang := s.b.Dir.get("lang"); lang == "zh" || lang == "" && s.b.Page.Chinese {
		locale = "zh_CN.UTF-8"
	}
	drop := []string{"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKE_TERMOUT", "MAKE_TERMERR", "ARGS", "LANG", "LC_MESSAGES", "COLUMNS", "GOFLAGS", "PAGES"}
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(drop, name)
	})
	realGo, _ := exec.LookPath("go")
	return append(env,
		envShim+"=go", "PAGES_SELF="+self, envGo+"="+realGo, envPath+"="+os.Getenv("PATH"),
		envPrograms+"="+filepath.Join(s.r.Dir, "programs"), envServer+"="+server, envClient+"="+client,
		"PATH="+filepath.Join(s.r.Dir, "bin")+":"+os.Getenv("PATH"), "BIN="+s.bin, "PWD="+s.dir,
		"LC_ALL="+locale, "LANGUAGE=en", "TERM=dumb", "NO_COLOR=1", "GOFLAGS=-buildvcs=false")
}

// A process is one command line with all that it started, its output in one.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	mu    sync.Mutex
	out   []byte
	news  chan struct{} // closed and renewed when there is more output
	done  chan struct{} // closed when it has ended and all output is read
	code  int
}

// start runs a line as the reader would type it, at this transcript's address.
func (s *session) start(line string, stdin *string, own string) (*process, error) {
	at := s.live
	if at == "" {
		at = s.closed
		if own != "" {
			at = own
		}
	}
	host, port, _ := strings.Cut(at, ":")
	line = strings.ReplaceAll(line, shown, at)
	line = strings.ReplaceAll(line, "127.0.0.1 8080", host+" "+port)
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir, cmd.Env = s.dir, s.env()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	p := &process{cmd: cmd, news: make(chan struct{}), done: make(chan struct{})}
	if stdin != nil {
		if p.stdin, err = cmd.StdinPipe(); err != nil {
			return nil, err
		}
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, r.Close(), w.Close())
	}
	w.Close()
	if stdin != nil && !s.b.Dir.has("type") {
		go func() { io.WriteString(p.stdin, *stdin); p.stdin.Close() }()
	}
	go p.read(r)
	return p, nil
}

func (p *process) read(r *os.File) {
	defer r.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		p.add(buf[:n])
		if err != nil {
			break
		}
	}
	p.cmd.Wait()
	p.code = p.cmd.ProcessState.ExitCode()
	if ws, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		p.code = 128 + int(ws.Signal())
	}
	close(p.done)
}

func (p *process) printed() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.out)
}

func (p *process) add(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = append(p.out, b...)
	close(p.news)
	p.news = make(chan struct{})
}

// until waits for output that suits ok, for the end, or for the time limit.
func (p *process) until(ctx context.Context, ok func(out string) bool) bool {
	for {
		p.mu.Lock()
		out, news := string(p.out), p.news
		p.mu.Unlock()
		if ok(out) {
			return true
		}
		select {
		case <-news:
		case <-p.done:
			p.mu.Lock()
			defer p.mu.Unlock()
			return ok(string(p.out))
		case <-ctx.Done():
			return false
		}
	}
}

// silence waits until nothing has been printed for a while.
func (p *process) silence(ctx context.Context) {
	for {
		p.mu.Lock()
		some, news := len(p.out) > 0, p.news
		p.mu.Unlock()
		wait := 4 * quiet // for what says nothing until it hears something
		if some {
			wait = quiet
		}
		select {
		case <-news:
		case <-time.After(wait):
			return
		case <-p.done:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (p *process) signal(sig syscall.Signal) { syscall.Kill(-p.cmd.Process.Pid, sig) }

// end stops what still runs: as Ctrl-C does, and by force when that is not enough.
func (p *process) end() {
	select {
	case <-p.done:
		return
	default:
		p.signal(syscall.SIGINT)
	}
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		p.signal(syscall.SIGKILL)
		<-p.done
	}
}

var listens = regexp.MustCompile(`(?m)^listening on (\S+:\d+)$`)

// listening waits for a server's first line and takes its address.
func (s *session) listening(p *process, line string) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var addr string
	if !p.until(ctx, func(out string) bool {
		if m := listens.FindStringSubmatch(out); m != nil {
			addr = m[1]
		}
		return addr != ""
	}) {
		return fmt.Errorf("%s never says where it listens (\"listening on HOST:PORT\"); it says %q", line, p.printed())
	}
	s.live = addr
	return nil
}

func (s *session) command(c command, last bool) ([]string, int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	d := s.b.Dir
	var stdin *string
	if last && (d.has("stdin") || d.has("type")) {
		text := d.get("stdin")
		stdin = &text
	}
	own := ""
	if last && d.has("peer") {
		own = "127.0.0.1:0" // the command is a server: let it choose
	}
	p, err := s.start(c.line, stdin, own)
	if err != nil {
		return nil, 0, err
	}
	defer p.end()
	if last {
		if err := s.company(ctx, p); err != nil {
			return nil, 0, err
		}
		s.typing(ctx, p, c)
	}
	if i := slices.IndexFunc(c.expected, isInterrupt); i >= 0 {
		s.await(ctx, p, c.expected[:i])
		p.add([]byte("^C"))
		p.signal(syscall.SIGINT)
	} else if p.until(ctx, func(out string) bool { return strings.Contains(out, "\n") }) && listens.Match(p.printed()) {
		// A server that the page leaves running.
		s.await(ctx, p, c.expected)
		select {
		case <-p.done:
		default:
			out := p.printed()
			p.end()
			return split(s.public(string(out))), 0, nil
		}
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return nil, 0, fmt.Errorf("still running after %v; it printed %q", limit, p.printed())
	}
	return split(s.public(string(p.out))), p.code, nil
}

// await waits until the page's lines are printed, and no others.
func (s *session) await(ctx context.Context, p *process, lines []string) {
	if s.r.Updating {
		p.silence(ctx)
		return
	}
	ctx, done := context.WithTimeout(ctx, patient)
	defer done()
	p.until(ctx, func(out string) bool {
		return strings.HasSuffix(out, "\n") && matches(lines, split(s.public(out)), s.vary, true)
	})
}

// company lets the peers call the server that p is, one after another.
func (s *session) company(ctx context.Context, p *process) error {
	peers := s.b.Dir.all("peer")
	if len(peers) == 0 {
		return nil
	}
	if err := s.listening(p, "the command"); err != nil {
		return err
	}
	for _, line := range peers {
		peer, err := s.start(line, nil, "")
		if err != nil {
			return err
		}
		defer peer.end()
		select {
		case <-peer.done:
		case <-ctx.Done():
			return fmt.Errorf("its peer %q is still running after %v; it printed %q", line, limit, peer.printed())
		}
	}
	return nil
}

// typing types each line of type= once the page's prompt for it has been
// printed, and shows it there, as a terminal does. Then the input ends.
func (s *session) typing(ctx context.Context, p *process, c command) {
	typed := s.b.Dir.all("type")
	if len(typed) == 0 {
		return
	}
	for _, text := range typed {
		text = strings.TrimSuffix(text, "\n")
		shown := func(line string) bool { return strings.HasSuffix(line, text) }
		if s.r.Updating {
			p.silence(ctx)
		} else if slices.ContainsFunc(c.expected, shown) {
			wait, done := context.WithTimeout(ctx, patient)
			p.until(wait, func(out string) bool {
				out = s.public(out)
				prompt := out[strings.LastIndexByte(out, '\n')+1:]
				got := append(split(out[:len(out)-len(prompt)]), prompt+text)
				for i, line := range c.expected {
					if normalise(line, s.vary) == normalise(prompt+text, s.vary) && matches(c.expected[:i+1], got, s.vary, true) {
						return true
					}
				}
				return false
			})
			done()
		}
		p.add([]byte(text + "\n"))
		if _, err := io.WriteString(p.stdin, text+"\n"); err != nil {
			break // it has ended; what it printed will tell
		}
	}
	p.stdin.Close()
}

// On a busy machine, GNU make that is interrupted may look for a child that it
// has buried already, and say so. It is no part of what the page tells.
var childless = regexp.MustCompile(`make: \*\*\* (?:wait: No child processes\.  Stop\.|Waiting for unfinished jobs\.\.\.\.)\n`)

// public shows this run's own addresses and folders as the pages show them.
func (s *session) public(out string) string {
	for _, addr := range []string{s.live, s.closed} {
		if _, port, ok := strings.Cut(addr, ":"); ok {
			out = regexp.MustCompile(`\b`+regexp.QuoteMeta(addr)+`\b`).ReplaceAllLiteralString(out, shown)
			out = regexp.MustCompile(`:`+port+`\b`).ReplaceAllLiteralString(out, ":8080")
		}
	}
	if s.live == "" {
		// A server that chose its own port: the page shows the usual one.
		if m := listens.FindStringSubmatch(out); m != nil {
			out = strings.ReplaceAll(out, m[1], shown)
		}
	}
	out = childless.ReplaceAllLiteralString(out, "")
	out = strings.ReplaceAll(out, s.bin, ".bin")
	out = strings.ReplaceAll(out, s.dir, "~/dialtone")
	return out
}

// copyTree copies what belongs to the course, for commands that change files.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || rel == "uploads") {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, 0o644)
	})
}

func (d *Directive) varies() (out []*regexp.Regexp) {
	for _, v := range d.all("vary") {
		out = append(out, regexp.MustCompile(v)) // parseDirective has compiled it
	}
	return out
}

// programs finds the folders of the programs that the transcripts call.
func (r *Runner) programs() []string {
	var found []string
	add := func(folder string) {
		folder = path.Clean(folder)
		if info, err := os.Stat(filepath.Join(r.Site.Root, folder)); err == nil && info.IsDir() && !slices.Contains(found, folder) {
			found = append(found, folder)
		}
	}
	ends := regexp.MustCompile(`\bmake (server|client)-(\d)`)
	play := regexp.MustCompile(`\bmake lesson-`)
	drill := regexp.MustCompile(`\bmake (exercises|watch|task-|hint-|answer-|reset-)`)
	run := regexp.MustCompile(`\bgo run (?:-\S+ )*\./(\S+)`)
	for _, b := range r.Site.Transcripts() {
		if b.Dir.has("slow") && !r.Slow {
			continue
		}
		text := strings.Join(append(append(b.Dir.all("with"), b.Dir.all("peer")...), b.Text), "\n")
		for _, m := range ends.FindAllStringSubmatch(text, -1) {
			folders, _ := filepath.Glob(filepath.Join(r.Site.Root, "0"+m[2]+"-*", m[1]))
			for _, f := range folders {
				rel, _ := filepath.Rel(r.Site.Root, f)
				add(filepath.ToSlash(rel))
			}
		}
		if play.MatchString(text) {
			add("docs/play")
		}
		if drill.MatchString(text) {
			add("docs/drill")
		}
		for _, m := range run.FindAllStringSubmatch(text, -1) {
			add(m[1])
		}
	}
	return found
}
