package pages

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	Shim()
	os.Exit(m.Run())
}

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

// site copies the fixture, with one page changed, and loads it.
func site(t *testing.T, page, old, new string) (*Site, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a path with spaces")
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/site")))
	if page != "" {
		file := filepath.Join(dir, page)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Contains(t, string(text), old)
		require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), old, new, 1)), 0o644))
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
		"no reason":            {en, "code: none it is Python", "code: none", "say why this code stands in no file"},
		"bad Python":           {en, `print("hello")`, `print "hello"`, "this python block is not Python: "},
		"a lost directive":     {en, "Echo -->\n", "Echo -->\n\nWords between.\n\n", "README.md:8: nothing follows this directive"},
		"unknown option":       {en, "output: exit=1", "output: exits=1", "output has no option exits=; it knows with, peer"},
		"unclosed quote":       {en, `world\n" -->`, `world\n -->`, "is a quote missing?"},
		"no transcript":        {en, "<!-- output: exit=2 -->\n", "", "a transcript without its directive"},
		"no command":           {en, "$ make client-1\nclient:", "make client-1\nclient:", `a transcript begins with a command`},
		"its own test":         {en, "$ go run ./01-echo/client\n", "$ go test ./...\n", "runs the very test that would run it"},
		"broken link":          {en, "(01-echo/echo.go)", "(01-echo/echoes.go)", "README.md:5: link 01-echo/echoes.go: there is no 01-echo/echoes.go"},
		"link in other case":   {en, "(01-echo/echo.go)", "(01-echo/Echo.go)", "README.md:5: link 01-echo/Echo.go: there is no 01-echo/Echo.go"},
		"link outside":         {en, "(01-echo/echo.go)", "(../echo.go)", "README.md:5: link ../echo.go leaves the repository"},
		"absolute link":        {en, "(01-echo/echo.go)", "(/01-echo/echo.go)", "README.md:5: link /01-echo/echo.go: write it relative"},
		"broken anchor":        {en, "(#the-end-and-after)", "(#the-end--and-after)", "README.md:5: link #the-end--and-after: README.md has no heading with the anchor #the-end--and-after; it has #the-end-and-after"},
		"broken Chinese one":   {zh, "(#结束以及之后)", "(#结束之后)", "README.zh-CN.md:5: link #结束之后: README.zh-CN.md has no heading"},
		"broken HTML link":     {en, "![a call](call.svg)", `<img src="cold.svg" alt="a call">`, "README.md:20: link cold.svg: there is no cold.svg"},
		"picture without text": {en, "![a call]", "![]", "README.md:20: picture call.svg has no text"},
		"English picture":      {zh, "call.zh-CN.svg", "call.svg", "README.zh-CN.md:19: there is a Chinese picture; use call.zh-CN.svg"},
		"no link to the twin":  {en, "[简体中文](README.zh-CN.md)\n\n", "", "README.md:1: no link to README.zh-CN.md near the top"},
		"different level":      {zh, "## 运行", "# 运行", "README.zh-CN.md:29: heading 2 (运行) is not that of README.md:30 (Run it)"},
		"skipped level":        {en, "## Run it", "### Run it", `README.md:30: heading "Run it" jumps from level 1 to 3`},
		"missing heading":      {zh, "## 运行\n", "", "README.zh-CN.md:1: heading 3 of README.md (line 96, The end, and after) has no counterpart here"},
		"extra heading":        {zh, "## 运行\n", "## 运行\n\n### 多出来的\n", "README.zh-CN.md:31: heading 3 (多出来的) is not"},
		"extra code":           {zh, "## 运行\n", "## 运行\n\n```sh\nmake server-1\n```\n", "code block 2 (```sh) is not that of README.md"},
		"another command":      {zh, "$ make client-1 ARGS=-ask", "$ make client-1 ARGS=-asks", "keep both pages in step"},
		"missing picture":      {zh, "![一次通话](call.zh-CN.svg)", "", "README.zh-CN.md:1: picture 1 of README.md (line 20, call.svg) has no counterpart here"},
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
			if name == "bad Python" && python() == "" {
				t.Skip("there is no python3 here")
			}
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

// run runs the transcripts of a site whose programs are built in the fixture,
// so that the build cache keeps them. It returns what each block reports.
func run(t *testing.T, s *Site, updating bool) (reports []error) {
	t.Helper()
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("there is no make here")
	}
	fixture, err := filepath.Abs("testdata/site")
	require.NoError(t, err)
	s.Root = fixture
	r := &Runner{Site: s, Dir: t.TempDir(), Updating: updating}
	r.Prepare()
	for _, b := range s.Transcripts() {
		err := r.Run(b)
		if errors.As(err, new(Skip)) && len(reports) == 0 {
			t.Skip(err)
		}
		reports = append(reports, err)
	}
	return reports
}

func TestGoodTranscriptsPass(t *testing.T) {
	s, _ := site(t, "", "", "")
	for i, err := range run(t, s, false) {
		require.NoError(t, err, "block at %s", s.Transcripts()[i].Name())
	}
}

// page loads a site of one page, for transcripts of plain shell commands.
func page(t *testing.T, text string) *Site {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte("# One call\n\n"+text), 0o644))
	s, err := Load(dir)
	require.NoError(t, err)
	return s
}

func TestPlantedTranscripts(t *testing.T) {
	const fence = "```"
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
		"input":            {`stdin="a\nb\n"`, "$ sort -r\nb\na", ""},
		"no input":         {``, "$ cat", ""},
		"language":         {`lang=zh`, "$ echo $LC_ALL\nzh_CN.UTF-8", ""},
		"missing program":  {`needs="no-such-program"`, "$ no-such-program", "there is no no-such-program here"},
		"interrupt":        {``, "$ trap 'echo caught; exit 0' INT; echo ready; while :; do sleep 0.01; done\nready\n^Ccaught", ""},
		"left running":     {``, "$ echo listening on 127.0.0.1:5; exec sleep 1000\nlistening on 127.0.0.1:8080", ""},
		"typed":            {"type=a type=b", "$ cat\na\na\nb\nb", ""},
		"no server":        {`with="echo hello"`, "$ echo hi\nhi", `echo hello never says where it listens`},
		"slow":             {`slow`, "$ sleep 1000", "slow: make check runs it"},
		"goes on":          {``, "$ echo one \\\ntwo\none two", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := page(t, fmt.Sprintf("<!-- output: %s -->\n%sconsole\n%s\n%s\n", c.options, fence, c.block, fence))
			require.Len(t, s.Transcripts(), 1)
			err := run(t, s, false)[0]
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
	s := page(t, "<!-- output -->\n```console\n$ seq 9; echo 127.0.0.1:5 in 1.5ms\n2\n…\n8\n127.0.0.1:4 in 2.5ms\n```\n")
	err := run(t, s, true)[0]
	var m *Mismatch
	require.ErrorAs(t, err, &m)
	require.Equal(t, "$ seq 9; echo 127.0.0.1:5 in 1.5ms\n1\n…\n9\n127.0.0.1:4 in 2.5ms\n", m.Block)
}
