package pages

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

func TestAnchor(t *testing.T) {
	for heading, want := range map[string]string{
		"What you will see":                      "what-you-will-see",
		"What the source says, and what happens": "what-the-source-says-and-what-happens",
		"在 Python 里":                             "在-python-里",
		"原文怎么说，实际怎么样":                            "原文怎么说实际怎么样",
		"`make lesson-1`: 3 s, snake_case":       "make-lesson-1-3-s-snake_case",
		"FIN → EOF":                              "fin--eof",
		"①":                                      "",
	} {
		require.Equal(t, want, Anchor(strings.ReplaceAll(heading, "`", "")), heading)
	}
}

// site unpacks the small course, with one page changed, and loads it.
func site(t *testing.T, page, old, new string) (*Site, string) {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/site.txtar")
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "a path with spaces")
	for _, f := range archive.Files {
		text := strings.ReplaceAll(string(f.Data), "\r\n", "\n")
		if f.Name == page {
			require.True(t, strings.Contains(text, old), "the page has no %q", old)
			text = strings.Replace(text, old, new, 1)
		}
		file := filepath.Join(dir, f.Name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	s, err := Load(dir)
	require.NoError(t, err)
	return s, dir
}

func problems(s *Site) (found []string) {
	for _, p := range s.Pages {
		for _, problem := range p.Check() {
			found = append(found, problem.String())
		}
	}
	return found
}

func TestGoodPagesPass(t *testing.T) {
	s, dir := site(t, "", "", "")
	require.Empty(t, problems(s))
	for _, p := range s.Pages {
		was, err := os.ReadFile(filepath.Join(dir, p.Path))
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(string(was), string(p.Update(nil))), "-update leaves a good page alone")
	}
}

// TestPlantedErrors changes one thing on a good page. What is reported must
// begin with the page and line of the change and say what to do.
func TestPlantedErrors(t *testing.T) {
	const en, zh = "README.md", "README.zh-CN.md"
	for name, c := range map[string]struct{ page, old, new, report string }{
		"code that differs":    {en, "lines := bufio", "rows := bufio", "README.md:9: differs from 01-echo/echo.go"},
		"no such declaration":  {en, "echo.go Echo -->", "echo.go Ekko -->", "README.md:9: 01-echo/echo.go declares no Ekko; it declares Most, Phone, Phone.Ring, Echo"},
		"no such file":         {en, "echo.go Echo -->", "ecko.go Echo -->", "README.md:9: there is no file 01-echo/ecko.go"},
		"no such region":       {en, "region:bell", "region:ball", "01-echo/echo.go has no region ball"},
		"code without source":  {en, "<!-- code: 01-echo/echo.go Echo -->\n", "", "README.md:8: a go block without its source; write <!-- code:"},
		"a lost directive":     {en, "Echo -->\n", "Echo -->\n\nWords between.\n\n", "README.md:8: nothing follows this directive"},
		"unknown option":       {en, "output: with=", "output: wish=", "output has no option wish; it knows with, peer"},
		"unclosed quote":       {en, "lines` -->", "lines -->", "is a quote missing?"},
		"no transcript":        {en, "<!-- output: with=\"make server-1\" vary=`\\d+ lines` -->\n", "", "a transcript without its directive"},
		"no command":           {en, "$ printf", "printf", `a transcript begins with a command`},
		"its own test":         {en, "$ go run ./01-echo/client -ask\n", "$ go test ./...\n", "runs the very test that would run it"},
		"broken link":          {en, "(01-echo/echo.go)", "(01-echo/echoes.go)", "README.md:5: link 01-echo/echoes.go: there is no 01-echo/echoes.go"},
		"link outside":         {en, "(01-echo/echo.go)", "(../echo.go)", "README.md:5: link ../echo.go leaves the repository"},
		"absolute link":        {en, "(01-echo/echo.go)", "(/01-echo/echo.go)", "README.md:5: link /01-echo/echo.go: write it relative"},
		"broken anchor":        {en, "(#the-end-and-after)", "(#the-end--and-after)", "README.md:5: link #the-end--and-after: README.md has no heading with the anchor #the-end--and-after; it has #one-call, #run-it, #the-end-and-after"},
		"broken Chinese one":   {zh, "(#结束以及之后)", "(#结束之后)", "README.zh-CN.md:5: link #结束之后: README.zh-CN.md has no heading"},
		"picture without text": {en, "![a call]", "![]", "README.md:20: picture call.svg has no text"},
		"English picture":      {zh, "call.zh-CN.svg", "call.svg", "README.zh-CN.md:19: there is a Chinese picture; use call.zh-CN.svg"},
		"no link to the twin":  {en, "[简体中文](README.zh-CN.md)\n\n", "", "README.md:1: no link to README.zh-CN.md near the top"},
		"different level":      {zh, "## 运行", "# 运行", "README.zh-CN.md:29: heading 运行 is not that of README.md:30 (heading Run it)"},
		"skipped level":        {en, "## Run it", "### Run it", `README.md:30: heading "Run it" jumps from level 1 to 3`},
		"missing heading":      {zh, "\n## 运行\n", "\n", "README.zh-CN.md:31: code ```console is not that of README.md:30 (heading Run it)"},
		"extra heading":        {zh, "▶ 电话\n```\n", "▶ 电话\n```\n\n### 多出来的\n", "README.zh-CN.md:67: heading 多出来的 has no counterpart in README.md"},
		"missing drawing":      {zh, "```text\n电话 ── 通话 ──▶ 电话\n```\n", "", "README.zh-CN.md:1: README.md:64 (code ```text) has no counterpart here"},
		"extra code":           {zh, "## 运行\n", "## 运行\n\n```sh\nmake server-1\n```\n", "README.zh-CN.md:31: code ```sh is not that of README.md:33"},
		"another command":      {zh, "client -ask", "client -asks", "keep both pages in step"},
		"missing picture":      {zh, "![一次通话](call.zh-CN.svg)", "", "README.zh-CN.md:29: heading 运行 is not that of README.md:20 (picture call.svg)"},
		"stars of no bold":     {zh, "**连接**（TCP）的", "**连接（TCP）**的", "README.zh-CN.md:5: ** shows as two stars here"},
		"half-width brackets":  {zh, "（TCP）", "(TCP)", "README.zh-CN.md:5: half-width brackets in Chinese"},
		"code too close":       {zh, "的 `go run", "的`go run", "README.zh-CN.md:5: no space between Chinese and `code`"},
		"no such target":       {en, "`make server-1`", "`make server-9`", "README.md:5: make server-9: a bare make lists no such target"},
		"no such exercise":     {en, "`make hint-ask`", "`make hint-task`", "README.md:5: make hint-task: a bare make lists no such target"},
		"no such program":      {en, "`go run ./01-echo/client`", "`go run ./01-echo/caller`", "go run ./01-echo/caller: there is no such folder"},
		"proof as a block":     {en, "**A bell** rings. <!--", "**A bell** rings.\n<!--", "README.md:23: a proof at the beginning of a line"},
		"Markdown in HTML":     {en, "</summary>\n\n", "</summary>\n", "README.md:24: Markdown is not read here"},
		"no language":          {en, "```text", "```", "this block names no language"},
		"code by indentation":  {en, "Run it\n", "Run it\n\n    x := 1\n", "code by indentation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := site(t, c.page, c.old, c.new)
			found := strings.Join(problems(s), "\n")
			require.Contains(t, "\n"+found, c.report)
			if strings.HasPrefix(c.report, "README") {
				require.Contains(t, "\n"+found, "\n"+c.report)
			}
		})
	}
}

func TestMissingTwin(t *testing.T) {
	_, dir := site(t, "", "", "")
	require.NoError(t, os.Remove(filepath.Join(dir, "README.zh-CN.md")))
	s, err := Load(dir)
	require.NoError(t, err)
	require.Contains(t, strings.Join(problems(s), "\n"), "README.md:1: its twin README.zh-CN.md is missing")
}

func TestUpdateRewritesQuotations(t *testing.T) {
	s, dir := site(t, "README.md", "\tlines := bufio.NewScanner(conn)\n", "\tstale\n\n\tstale\n")
	require.NotEmpty(t, problems(s))
	for _, p := range s.Pages {
		require.NoError(t, os.WriteFile(filepath.Join(dir, p.Path), p.Update(nil), 0o644))
	}
	s, err := Load(dir)
	require.NoError(t, err)
	require.Empty(t, problems(s))
}

// run runs the one transcript of a page.
func run(t *testing.T, options, block string, updating bool) error {
	t.Helper()
	dir := t.TempDir()
	text := fmt.Sprintf("# One call\n\n<!-- output: %s -->\n```console\n%s\n```\n", options, block)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte(text), 0o644))
	s, err := Load(dir)
	require.NoError(t, err)
	require.Len(t, s.Transcripts(), 1)
	r := &Runner{Site: s, Dir: t.TempDir(), Updating: updating}
	require.NoError(t, r.Prepare())
	err = r.Run(s.Transcripts()[0])
	if runtime.GOOS == "windows" && errors.As(err, new(Skip)) {
		t.Skip(err)
	}
	return err
}

func TestPlantedTranscripts(t *testing.T) {
	for name, c := range map[string]struct{ options, block, report string }{
		"as shown":         {``, "$ echo one; echo two >&2\none\ntwo", ""},
		"other words":      {``, "$ echo one\ntwo", "prints something else"},
		"a line more":      {``, "$ echo one; echo two\none", "prints something else"},
		"a line less":      {``, "$ echo one\none\ntwo", "prints something else"},
		"other order":      {``, "$ echo one; echo two\ntwo\none", "prints something else"},
		"elided":           {``, "$ seq 9\n1\n…\n8\n9", ""},
		"elided wrongly":   {``, "$ seq 9\n1\n…\n7\n9", "prints something else"},
		"second command":   {``, "$ echo one\none\n$ echo two\n2", "$ echo two prints something else"},
		"times and ports":  {``, "$ echo 127.0.0.1:4711 in 12.5ms, pid 7\n127.0.0.1:31 in 9.25s, pid 123", ""},
		"the shown port":   {``, "$ echo 127.0.0.1:4711\n127.0.0.1:8080", "prints something else"},
		"whole seconds":    {``, "$ echo after 60s\nafter 30s", "prints something else"},
		"varies":           {"vary=`\\d+ bytes`", "$ echo 5 bytes\n7 bytes", ""},
		"varies elsewhere": {"vary=`\\d+ bytes`", "$ echo 5 words\n7 words", "prints something else"},
		"varying number":   {"vary=`^read .*`", "$ echo read 1; echo read 2; echo end\nread 341\nend", ""},
		"varying, none":    {"vary=`^read .*`", "$ echo end\nread 341\nend", "prints something else"},
		"fails":            {``, "$ echo no; exit 3\nno", "exits 3; if it is to fail, write exit=3"},
		"fails as said":    {`exit=3`, "$ echo no; exit 3\nno", ""},
		"should fail":      {`exit=1`, "$ echo yes\nyes", "exits 0, the page says exit=1"},
		"no input":         {``, "$ cat", ""},
		"language":         {``, "$ echo $LC_ALL\nen_US.UTF-8", ""},
		"missing program":  {`needs="no-such-program"`, "$ no-such-program", "there is no no-such-program here"},
		"left running":     {``, "$ echo listening on 127.0.0.1:5; exec sleep 1000\nlistening on 127.0.0.1:8080", ""},
		"typed":            {"type=a type=b", "$ cat\na\na\nb\nb", ""},
		"no server":        {`with="echo hello"`, "$ echo hi\nhi", `echo hello never says where it listens`},
		"slow":             {`slow`, "$ sleep 1000", "slow: make check runs it"},
		"goes on":          {``, "$ echo one \\\ntwo\none two", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(t, c.options, c.block, false)
			if c.report == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.report)
		})
	}
}

// What -update writes passes; it keeps old times and elisions.
func TestUpdateWritesTranscripts(t *testing.T) {
	err := run(t, "", "$ seq 9; echo 127.0.0.1:5 in 1.5ms\n2\n…\n8\n127.0.0.1:4 in 2.5ms", true)
	var m *Mismatch
	require.ErrorAs(t, err, &m)
	require.Equal(t, "$ seq 9; echo 127.0.0.1:5 in 1.5ms\n1\n…\n9\n127.0.0.1:4 in 2.5ms\n", m.Block)
}
