package sketch

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	sticky "example.com/dialtone/04-sticky-packets"
	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

var update = flag.Bool("update", false, "draw the sketches again")

// TestSketches draws docs/figures/*.txt again, and compares that with the
// pictures that are kept.
func TestSketches(t *testing.T) {
	names, err := filepath.Glob("../figures/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		drawing, err := os.ReadFile(name)
		require.NoError(t, err)
		joins(t, name, string(drawing))
		l := lang.English
		if strings.Contains(name, ".zh-CN.") {
			l = lang.Chinese
		}
		var drawn bytes.Buffer
		require.NoError(t, SVG(&drawn, string(drawing), l))
		picture := strings.TrimSuffix(name, ".txt") + ".svg"
		if *update {
			require.NoError(t, os.WriteFile(picture, drawn.Bytes(), 0o644))
		}
		kept, err := os.ReadFile(picture)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(string(kept), drawn.String()), "go test ./docs/sketch -update draws %s again", picture)
	}
}

// joins checks that no line of a drawing ends in the void: what leaves a
// cell arrives in the next, at a line, an arrow or a word.
func joins(t *testing.T, name, drawing string) {
	drawing, _, _ = strings.Cut(drawing, "\n---\n")
	cells := map[[2]int]rune{}
	for y, line := range strings.Split(drawing, "\n") {
		x := 0
		for _, r := range line {
			for range ladder.Width(string(r)) {
				cells[[2]int{x, y}] = r
				x++
			}
		}
	}
	for at, r := range cells {
		for edge, back := range map[rune]string{'l': "r", 'r': "l", 'u': "d", 'd': "u"} {
			step := map[rune][2]int{'l': {-1, 0}, 'r': {1, 0}, 'u': {0, -1}, 'd': {0, 1}}[edge]
			next := cells[[2]int{at[0] + step[0], at[1] + step[1]}]
			if strings.ContainsRune(strokes[r], edge) && strokes[next] != "" {
				require.Contains(t, strokes[next], back, "%s, line %d, column %d", name, at[1]+1, at[0]+1)
			} else if strings.ContainsRune(strokes[r], edge) {
				require.True(t, heads[next][0] != "" || next > ' ' || edge == 'l' || edge == 'r', "%s, line %d, column %d: %c goes nowhere", name, at[1]+1, at[0]+1, r)
			}
		}
	}
}

// The states of the drawing are the kernel's, by the names of lesson 3, all
// of them; and lesson 3 shows those that the drawing says it shows.
func TestStates(t *testing.T) {
	kernel, err := os.ReadFile("../../03-reuseaddr/ss.go")
	require.NoError(t, err)
	chapter, err := os.ReadFile("../../03-reuseaddr/README.md")
	require.NoError(t, err)
	chapter = regexp.MustCompile(`(?m)^!\[.*`).ReplaceAll(chapter, nil) // the picture's own words prove nothing
	play, err := os.ReadFile("../figures/3-client-first.svg")
	require.NoError(t, err)
	for _, name := range []string{"states.txt", "states.zh-CN.txt"} {
		drawing, err := os.ReadFile(filepath.Join("../figures", name))
		require.NoError(t, err)
		bold := regexp.MustCompile(`(?m)^b (.*)`).FindStringSubmatch(string(drawing))[1]
		all := strings.Fields(bold + " " + regexp.MustCompile(`(?m)^w (.*)`).FindStringSubmatch(string(drawing))[1])
		for _, state := range strings.Fields(bold) {
			require.Regexp(t, `\b`+state+`\b`, string(chapter)+string(play))
		}
		require.Len(t, all, 11)
		for _, state := range all {
			require.Contains(t, string(drawing), " "+state+" ")
			if state != "CLOSED" {
				require.Contains(t, string(kernel), `"`+state+`"`)
			}
		}
	}
}

// The bytes of the drawings are those that the lessons send.
func TestBytes(t *testing.T) {
	for _, language := range []string{"", ".zh-CN"} {
		drawing, err := os.ReadFile("../figures/frame" + language + ".txt")
		require.NoError(t, err)
		var want []byte
		for _, message := range []string{"hello baby~", "", "你好"} {
			want, err = sticky.AppendFrame(want, []byte(message), 64)
			require.NoError(t, err)
		}
		got := strings.Join(regexp.MustCompile(`│([0-9a-f]{2})`).FindAllString(string(drawing), -1), "")
		require.Equal(t, hex.EncodeToString(want), strings.ReplaceAll(got, "│", ""))

		drawing, err = os.ReadFile("../figures/upload" + language + ".txt")
		require.NoError(t, err)
		var header bytes.Buffer
		require.NoError(t, upload.WriteFrame(&header, upload.Header{Name: "film.mp4", Size: 300, Msg: "hi"}))
		require.Contains(t, string(drawing), fmt.Sprintf("│ % x │", header.Next(4)))
		for field := range strings.SplitAfterSeq(header.String(), ",") {
			require.Contains(t, string(drawing), field)
		}
	}
}
