package programs

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type row struct {
	lesson  int
	program string
	args    string // several command lines, with " | " in between
	code    int
	says    string // a regular expression
}

// Bad input gets one line: the system's own words, then what to do next.
// Exit code 1 is what the system said, 2 a slip in what was typed.
func TestBadInput(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	silent, file := ln.Addr().String(), film(t)
	up := filepath.Join(t.TempDir(), "up")
	_, small := serve(t, 4, "-max-size=4")
	_, upload := serve(t, 5, "-dir="+up)
	names := strings.NewReplacer(
		"SILENT", silent, "SMALL", small, "UPLOAD", upload,
		"NOBODY", dial(t, silent).LocalAddr().String(), // a client's own port: bound, and nobody listens on it
		"FILM", file, "UP", up)

	const only1 = `\[".*"\]: only flags, and -timeout above 0; -h lists the flags`
	rows := []row{
		{1, "server", "-by-hand -addr=[::1]:0", 1, `.*-by-hand .*`},
		{1, "server", "-addr=127.0.0.1:65536", 1, `.*invalid port; .*`},
		{1, "server", "-addr=192.0.2.1:8080", 1, `listen tcp 192.0.2.1:8080: bind: .*`},
		{1, "server", "hello | -timeout=0 | -timeout=-1s", 2, only1},
		{1, "client", "-addr=127.0.0.1:65536", 1, `.*invalid port; .*`},
		{1, "client", "-addr=127.0.0.1:phone", 1, `.*lookup tcp/phone: .*`},
		{1, "client", "hello | -timeout=0 | -timeout=-1s", 2, only1},
		{2, "server", "hello | -max-conns=0 | -idle-timeout=0s | -shutdown-timeout=-1s", 2, `want -idle-timeout above 0, .*; -h lists the flags`},
		{2, "client", "hello | -timeout=0s", 2, `want -timeout above 0 and no other words; -h lists the flags`},
		{3, "server", "-addr=192.0.2.1:8080", 1, `listen tcp 192.0.2.1:8080: bind: .*; -addr 127.0.0.1:0 picks a free port`},
		{
			3, "server", "hello | -timeout=-1s | -takeover", 2,
			`no arguments but flags; -timeout more than 0; -takeover needs -reuseport on, here and at the older server, .*`,
		},
		{3, "client", "-from=192.0.2.1:0 -addr=SILENT", 1, `.*; -from :0 leaves it to the system`},
		{
			3, "client", "hello | -conns=0 | -at-once=0 | -timeout=-1s | -from=127.0.0.1:4103 -conns=3 -at-once=3", 2,
			`no arguments but flags; -conns, -at-once and -timeout more than 0; one port makes one connection at a time: -at-once 1, or -from :0`,
		},
		{4, "server", "hello | -max-size=1073741825 | -max-conns=0 | -message-timeout=0s", 2, `only flags; -max-size is 0 to 1073741824, .*`},
		{4, "client", "-addr=SMALL", 1, `.*the server closed the connection early, its terminal says why`},
		{4, "client", "-addr=SMALL -max-size=3", 1, `.*line 1: message too large.*`},
		{4, "client", "hello | -timeout=0s | -writers=0 | -max-size=-1", 2, `only flags; -max-size is 0 to 1073741824, .*`},
		{5, "server", "-dir=UP", 1, `folder .*: another server is using it; choose another -dir`},
		{5, "server", "-dir=FILM", 1, `folder .*; choose another -dir`},
		{5, "server", "-dir= -protocol=1", 1, `folder "": .*; choose another -dir`},
		{
			5, "server", "hello | -max-conns=0 | -idle-timeout=0 | -shutdown-timeout=-1s | -protocol=3", 2,
			`no arguments but flags; -max-conns and -idle-timeout more than 0, .*`,
		},
		// It looks at all the files before it sends one.
		{5, "client", "-addr=UPLOAD FILM .", 1, `.* is a folder; name the files in it \(nothing was sent\)`},
		{5, "client", "-addr=UPLOAD FILM gone", 1, `"gone": .* \(nothing was sent\)`},
		{5, "client", "-addr=UPLOAD -as=../x FILM", 1, `bad name .*path separator; give it another name: -as NAME \(nothing was sent\)`},
		{5, "client", "-addr=NOBODY -as=CON FILM", 1, `bad name .* \(nothing was sent\)`},
		{5, "client", "", 1, `no files in .*; choose another folder: -dir FOLDER`},
		{
			5, "client", "-as=x | -as=x FILM FILM | -protocol=3 FILM | -digest=md5 FILM | -timeout=0 FILM", 2,
			`-protocol is 1 or 2, -digest sha256, crc32c or none, -timeout more than 0, and -as names one FILE`,
		},
	}
	for n := 1; n < len(lessons); n++ {
		rows = append(rows,
			row{n, "server", "-addr=SILENT", 1, `listen tcp SILENT: bind: .*; .*-addr 127\.0\.0\.1:0 picks a free port`},
			row{n, "server", "-addr=127.0.0.1", 1, `listen tcp: address 127.0.0.1: missing port in address.*`},
		)
		args, hint := "", fmt.Sprintf(`; is the server running\? make server-%d`, n)
		if n == 5 {
			args = "FILM"
		} else {
			rows = append(rows, row{n, "client", "-timeout=50ms -addr=SILENT", 1, `.*timeout.*`})
		}
		rows = append(rows,
			row{n, "client", "-addr=NOBODY " + args, 1, `dial tcp NOBODY: connect.*` + hint},
			row{n, "client", "-addr=127.0.0.1 " + args, 1, `dial tcp: address 127.0.0.1: missing port in address` + hint})
	}
	for _, row := range rows {
		for args := range strings.SplitSeq(row.args, " | ") {
			t.Run(fmt.Sprintf("%s-%d %s", row.program, row.lesson, args), func(t *testing.T) {
				out, errs, code := command(t, row.lesson, row.program, words(args, names)...).run(t, "hello")
				require.Empty(t, out)
				require.Regexp(t, "^"+row.program+": "+names.Replace(row.says)+"\n$", errs)
				require.Equal(t, row.code, code)
			})
		}
	}
	require.NoFileExists(t, filepath.Join(up, filepath.Base(file)))
}

// What package flag refuses brings the list of the flags, as -h does.
func TestFlags(t *testing.T) {
	rows := []row{
		{1, "server", "-timeout=soon", 2, `invalid value "soon" for flag -timeout`},
		{3, "server", "-reuseaddr=yes", 2, `choose on, off or default`},
		{3, "client", "-from=8080", 2, `missing port in address`},
		{5, "server", "-max-size=0", 2, `at least 1`},
		{5, "server", "-max-size=many", 2, `a size is a number of bytes`},
	}
	for n := 1; n < len(lessons); n++ {
		for _, program := range []string{"server", "client"} {
			rows = append(rows,
				row{n, program, "-h", 0, `^`},
				row{n, program, "-adr=:0", 2, `^flag provided but not defined: -adr\n`})
		}
	}
	for _, row := range rows {
		out, errs, code := command(t, row.lesson, row.program, row.args).run(t, "")
		require.Empty(t, out, "%v", row)
		require.Regexp(t, `(?is)`+row.says+`.*usage.*-addr HOST:PORT`, errs, "%v", row)
		require.Equal(t, row.code, code, "%v", row)
	}
}
