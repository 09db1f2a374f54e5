package catalogue

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/dialtone/docs/internal/lang"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func pages(t *testing.T) (both [2][]section) {
	t.Helper()
	for i, file := range []string{"docs/errors.md", "docs/errors.zh-CN.md"} {
		var err error
		both[i], err = sections(file)
		require.NoError(t, err)
	}
	return both
}

// What differs from run to run and from machine to machine.
var differs = regexp.MustCompile(`on \S+:53|:\d+\b`)

// TestEveryError raises each error, and looks for its line, and for what may
// be asked of it, in its section of both pages; explain finds it by the line.
func TestEveryError(t *testing.T) {
	both := pages(t)
	for i, e := range entries {
		t.Run(e.name, func(t *testing.T) {
			for _, page := range both {
				require.Less(t, i, len(page))
				require.Equal(t, e.name, page[i].name, "the entries in the order of the page %s", page[i].file)
			}
			err := e.raise()
			if reason, ok := errors.AsType[Skip](err); ok {
				t.Skip(reason)
			}
			if runtime.GOOS != "linux" {
				t.Skipf("the page has the lines of Linux; here it is: %v", err)
			}
			if !slices.Contains([]string{"escapes", "newline"}, e.name) {
				require.NotEmpty(t, ask(err), "nothing but the text tells %v", err)
			}
			for of, page := range both {
				var explained bytes.Buffer
				require.NoError(t, Run([]lang.Lang{lang.English, lang.Chinese}[of], []string{"explain", err.Error()}, &explained))
				body := differs.ReplaceAllString(explained.String(), "‹›")
				require.Contains(t, body, "\n"+differs.ReplaceAllString(err.Error(), "‹›")+"\n", page[i].file)
				for _, yes := range ask(err) {
					require.Contains(t, body, yes, page[i].file)
				}
			}
			require.Equal(t, i, find(both, "client: "+err.Error()+"; and so on"))
		})
	}
	for _, page := range both {
		require.Len(t, page, len(entries)+1)
	}
}

func TestExplain(t *testing.T) {
	both := pages(t)
	for line, want := range map[string]string{
		"read tcp 127.0.0.1:…: connection reset by peer":                          "reset",
		"ConnectionResetError: [WinError 10054] 远程主机强迫关闭了一个现有的连接。":                "reset",
		"wsarecv: An existing connection was forcibly closed by the remote host.": "reset",
		"OSError: [Errno 98] Address already in use":                              "in-use",
		"OSError: [WinError 10048] 通常每个套接字地址(协议/网络地址/端口)只允许使用一次。":                 "in-use",
		"winapi error #10048": "in-use",
		"[Errno 48]":          "in-use",
		"connectex: No connection could be made because the target machine actively refused it.": "refused",
		"ConnectionRefusedError: [WinError 10061] 由于目标计算机积极拒绝，无法连接。":                             "refused",
		"dial tcp 192.0.2.7:80: connect: connection timed out":                                   "timeout",
		"dial tcp 192.0.2.7:80: i/o timeout":                                                     "timeout",
		"TimeoutError: timed out":                                                                "deadline",
		"read: unexpected EOF: the server closed before its answer was whole":                    "unexpected-eof",
		"read: EOF":                                   "eof",
		"[Errno 11001] getaddrinfo failed":            "no-host",
		"listen tcp :80: bind: permission denied":     "low-port",
		"server: the disk is full: no room for 3 GiB": "",
	} {
		i := find(both, line)
		require.NotEqual(t, -1, i, line)
		require.Equal(t, want, both[0][i].name, line)
	}
	for _, page := range both {
		for i, s := range page[:len(entries)] {
			require.NotEmpty(t, s.phrases, s.heading)
			for _, phrase := range s.phrases {
				require.Equal(t, i, find(both, strings.ReplaceAll(phrase.text, "…", "7")), phrase.text)
			}
		}
	}
	for l, want := range map[lang.Lang]string{lang.English: "connection refused (docs/errors.md)\n", lang.Chinese: "拒绝连接（connection refused） (docs/errors.zh-CN.md)\n"} {
		var out bytes.Buffer
		require.NoError(t, Run(l, []string{"explain", "[Errno", "111]"}, &out))
		require.True(t, strings.HasPrefix(out.String(), want), out.String())
		require.NoError(t, Run(l, []string{"explain", "bad header"}, &out))
		for _, markup := range []string{"`", "**", "<!--", "]("} {
			require.NotContains(t, out.String(), markup)
		}
	}
	require.ErrorContains(t, Run(lang.English, []string{"explain", "all is well"}, new(bytes.Buffer)), "no entry")
	for _, args := range [][]string{{"explain"}, {"error", "nonsense"}} {
		exit, ok := errors.AsType[Exit](Run(lang.English, args, new(bytes.Buffer)))
		require.True(t, ok)
		require.Equal(t, 2, exit.Code)
	}
}

// TestPythonPrints lets Python print its lines.
func TestPythonPrints(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the page has the numbers of Linux")
	}
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("there is no python3 here")
	}
	out, err := exec.Command("python3", filepath.FromSlash("testdata/lines.py")).Output()
	require.NoError(t, err, string(out))
	prints := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, line, _ := strings.Cut(strings.TrimSpace(line), " ")
		prints[line] = name
	}
	for _, page := range pages(t) {
		shown := map[string]string{}
		for _, s := range page {
			for _, p := range s.phrases {
				if strings.Contains(p.text, "rror: ") || strings.HasSuffix(p.text, "CancelledError") || p.text == "b''" {
					shown[p.text] = s.name
				}
			}
		}
		require.Empty(t, cmp.Diff(prints, shown), "%s (-Python +page)", page[0].file)
	}
}

// TestLessonsErrorsAreListed: each exported error of a lesson has its row.
func TestLessonsErrorsAreListed(t *testing.T) {
	declared := regexp.MustCompile(`(?m)^(?:var |\t)(Err\w+) += errors\.New\("([^"]+)`)
	rows := regexp.MustCompile("(?m)^\\| `([^|`]+)` \\| `(\\w+\\.Err\\w+)`")
	var sources []string
	for _, pattern := range []string{"../../0*/*.go", "../../0*/resumable/*.go"} {
		found, err := filepath.Glob(filepath.FromSlash(pattern))
		require.NoError(t, err)
		sources = append(sources, found...)
	}
	texts := map[string]string{}
	for _, file := range sources {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		of := regexp.MustCompile(`(?m)^package (\w+)`).FindSubmatch(src)
		for _, m := range declared.FindAllSubmatch(src, -1) {
			texts[string(of[1])+"."+string(m[1])] = string(m[2])
		}
	}
	require.NotEmpty(t, texts)
	for _, page := range pages(t) {
		listed := map[string]string{}
		for _, m := range rows.FindAllStringSubmatch(page[len(entries)].body, -1) {
			listed[m[2]] = m[1]
			if strings.Contains(texts[m[2]], m[1]) { // its beginning, or what tells it
				listed[m[2]] = texts[m[2]]
			}
		}
		require.Empty(t, cmp.Diff(texts, listed), "%s (-lessons +page)", page[0].file)
	}
}
