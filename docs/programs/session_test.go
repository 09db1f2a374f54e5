package programs

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ended waits for a server that needs nobody to stop it: lesson 1's.
func (p *process) ended(t *testing.T, lesson int) {
	t.Helper()
	if lesson > 1 {
		p.stop(t)
		return
	}
	require.NoError(t, p.Wait())
	require.Empty(t, p.errs.String())
}

const (
	greetings = `^(read \d+: .*\n)+the other side closed: 341 bytes, reads: \d+\n$`
	answer    = `^read 1: 14 bytes "you said hello"\nthe other side closed: 14 bytes, reads: 1\n$`
)

// Both ends of a lesson, as one types them: what each client prints, and
// the line that the server has for it.
func TestSession(t *testing.T) {
	type call struct{ flags, typed, prints string }
	const text, one, forty = "hello\x00\n喂，你好 é\n\n", `^1 answered by server \(pid \d+\)\n$`, `^40 answered by server \(pid \d+\)\n$`
	names := strings.NewReplacer("FILM", film(t))
	for _, tt := range []struct {
		lesson int
		flags  string
		calls  []call
		logs   string
	}{
		{1, "", []call{{"", "", greetings}}, ""},
		{1, "-by-hand", []call{{"", "", greetings}}, ""},
		{1, "-reply -by-hand", []call{{"-send=hello", "", answer}}, ""},
		// What a line leaves out is marked, outside the quotes.
		{1, "-reply", []call{{"-send=" + strings.Repeat("长", 36), "", `"you said 长{35}"…\n`}}, ""},
		{1, "-reply", []call{{"-send=" + strings.Repeat("长", 35), "", `"you said 长{35}"\n`}}, ""},
		{2, "", []call{{"", text, "^HELLO\x00\n喂，你好 é\n\n$"}, {"", "", "^$"}}, "closed"},
		{2, "-sequential", []call{{"", "hello", "^HELLO$"}, {"", "\n", "^\n$"}}, "closed"},
		{3, "", []call{
			{"", "", one}, {"-close-first -from=127.0.0.1:0", "", one},
			{"-conns=40 -at-once=4", "", forty}, {"-conns=40 -at-once=4 -close-first", "", forty},
		}, ""},
		{4, "", []call{{"", "hello\n\n喂\n", "^HELLO\n\n喂\n$"}, {"", "", "^$"}}, "closed"},
		{
			5, "", []call{{"FILM", "", `^stored "电影.mp4", 4.9 KiB in \S+, .*/s, sha256 [0-9a-f]{64}\n$`}},
			`stored "电影.mp4", 4.9 KiB in \S+, .*/s, sha256 [0-9a-f]{64}`,
		},
		{5, "-protocol=1", []call{{"-protocol=1 FILM", "", `^sent "电影.mp4", .*\n$`}}, `stored "电影.mp4", 5000 bytes in \S+`},
	} {
		t.Run(fmt.Sprint(tt.lesson, tt.flags), func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(tt.flags, "by-hand") {
				t.Skip("-by-hand needs a Unix system")
			}
			server, addr := serve(t, tt.lesson, strings.Fields(tt.flags)...)
			for _, c := range tt.calls {
				client := command(t, tt.lesson, "client", slices.Insert(words(c.flags, names), 0, "-addr="+addr)...)
				require.Regexp(t, c.prints, client.says(t, c.typed))
				if tt.logs != "" {
					require.Regexp(t, `^127\.0\.0\.1:\d+: `+tt.logs+"$", server.line(t))
				}
			}
			server.ended(t, tt.lesson)
		})
	}
}

// Each program with a peer in Python: it does not speak Go to itself.
func TestAgainstPython(t *testing.T) {
	for _, tt := range []struct {
		lesson                        int
		program, flags, python, typed string
		prints                        string
	}{
		{1, "server", "", "hear ADDR", "", "^341\n$"},
		{1, "server", "-reply", "say ADDR hello", "", "^you said hello\n$"},
		{1, "client", "", "listen-to-me", "", greetings},
		{1, "client", "-send=hello", "answer", "", answer},
		{2, "server", "", "ask ADDR", "hello\n喂，你好 é\n", "^HELLO\n喂，你好 é\n$"},
		{2, "client", "", "serve", "hello\n喂，你好 é\n", "^HELLO\n喂，你好 é\n$"},
		{4, "server", "", "ask ADDR hello  喂", "", "^HELLO\n\n喂\n$"}, // two spaces: an empty word
		{4, "client", "", "serve", "hello\n\n喂\n", "^hellohello\n\n喂喂\n$"},
	} {
		var got string
		if flags := strings.Fields(tt.flags); tt.program == "server" {
			server, addr := serve(t, tt.lesson, flags...)
			got = command(t, tt.lesson, "python", strings.Split(strings.Replace(tt.python, "ADDR", addr, 1), " ")...).says(t, tt.typed)
			server.ended(t, tt.lesson)
		} else {
			python := command(t, tt.lesson, "python", tt.python)
			got = command(t, tt.lesson, "client", append(flags, "-addr="+python.listening(t))...).says(t, tt.typed)
			require.NoError(t, python.Wait(), &python.errs)
		}
		require.Regexp(t, tt.prints, strings.ReplaceAll(got, "\r", ""), "%v", tt)
	}
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(long))
	return conn
}

// A client that says nothing: one line, and exit code 1.
func TestSilentClients(t *testing.T) {
	server, addr := serve(t, 1, "-reply")
	dial(t, addr).Close()
	require.EqualError(t, server.Wait(), "exit status 1")
	require.Equal(t, "server: read: EOF\n", server.errs.String())

	server, addr = serve(t, 1, "-reply", "-timeout=1ms")
	conn := dial(t, addr)
	require.EqualError(t, server.Wait(), "exit status 1")
	require.Equal(t, "server: read tcp "+addr+"->"+conn.LocalAddr().String()+": i/o timeout\n", server.errs.String())
}

func needSignals(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no process can send a signal there, and one that is killed resets its connections")
	}
}

// Asked to stop, lesson 1's server ends at once, connected or not: no
// failure. The others stop so in each session.
func TestCtrlC(t *testing.T) {
	needSignals(t)
	for _, flag := range []string{"-by-hand", "-timeout=30s"} {
		server, _ := serve(t, 1, flag)
		server.stop(t)
	}
	server, addr := serve(t, 1, "-reply")
	conn := dial(t, addr)
	server.stop(t)
	_, err := conn.Read(make([]byte, 1)) // the kernel has closed it
	require.Error(t, err)
}

// Ctrl-C again, and a server does not wait for its clients any longer.
func TestCtrlCAgain(t *testing.T) {
	needSignals(t)
	for lesson, question := range map[int]string{2: "hello", 4: "\x00\x00\x00\x01a"} {
		server, addr := serve(t, lesson, "-shutdown-timeout=1m")
		conn := dial(t, addr)
		io.WriteString(conn, question)
		_, err := io.ReadFull(conn, make([]byte, len(question))) // it is no longer in the queue
		require.NoError(t, err)
		waited := make(chan error, 1)
		go func() { waited <- server.Wait() }()
		for len(waited) == 0 { // the second counts once the first has come
			server.Process.Signal(os.Interrupt)
			time.Sleep(time.Millisecond)
		}
		require.EqualError(t, <-waited, "signal: interrupt", "lesson %d", lesson)
	}
}

// To the server, a client that is killed ends like any other: the kernel
// sends the FIN. Ctrl-C is no different, also while the client waits for
// the keyboard: the program dies of the signal, which a shell calls 130.
func TestKilled(t *testing.T) {
	needSignals(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	for signal, dies := range map[os.Signal]string{os.Kill: "signal: killed", os.Interrupt: "signal: interrupt"} {
		for lesson := 1; lesson < len(lessons); lesson++ {
			args := []string{"-addr=" + ln.Addr().String()}
			switch lesson {
			case 1:
				args = append(args, "-send=hello")
			case 5:
				args = append(args, film(t))
			}
			client := command(t, lesson, "client", args...).start(t)
			io.WriteString(client.in, "hello\n")
			conn, err := ln.Accept()
			require.NoError(t, err)
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(long))
			_, err = conn.Read(make([]byte, 1))
			require.NoError(t, err)
			require.NoError(t, client.Process.Signal(signal))
			_, err = io.Copy(io.Discard, conn)
			require.NoError(t, err, "lesson %d", lesson)
			require.EqualError(t, client.Wait(), dies, "lesson %d", lesson)
		}
	}
}

// Nobody reads the server's lines any more: they are lost then, and not the
// server.
func TestServerWithoutAReader(t *testing.T) {
	needSignals(t)
	for _, lesson := range []int{2, 4, 5} {
		server, addr := serve(t, lesson)
		server.pipe.Close()
		args := []string{"-addr=" + addr}
		if lesson == 5 {
			args = append(args, "-protocol=1", film(t))
		}
		for range 2 {
			command(t, lesson, "client", args...).says(t, "hello\n")
		}
		server.stop(t)
	}
}
