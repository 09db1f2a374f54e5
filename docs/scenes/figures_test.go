package scenes

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

var update = flag.Bool("update", false, "draw the figures again from their recordings")

// TestFigures draws every scene recorded in docs/figures again and compares that
// with the pictures kept beside it; -update keeps it. Of lesson 4's scene
// "both" there is a picture in colours too.
func TestFigures(t *testing.T) {
	recordings, err := filepath.Glob(filepath.FromSlash("../figures/*.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, recordings, "go run ./docs/play -figures makes them")
	known := make(map[string]bool)
	for _, name := range recordings {
		ev, err := load(name)
		require.NoError(t, err)
		for _, scene := range ladder.Scenes(ev) {
			lesson, segments := strings.CutSuffix(strings.TrimSuffix(name, ".jsonl"), "-segments")
			base := lesson + "-" + scene[0].Slug
			if segments != slices.Contains(pictured, filepath.Base(base)) {
				continue
			}
			t.Run(filepath.Base(base), func(t *testing.T) {
				for suffix, l := range map[string]lang.Lang{".svg": lang.English, ".zh-CN.svg": lang.Chinese} {
					var drawn, coloured bytes.Buffer
					require.NoError(t, ladder.SVG(&drawn, scene, l))
					same(t, base+suffix, drawn.Bytes())
					known[base+suffix] = true
					if filepath.Base(base) == "4-both" {
						require.NoError(t, bytesFigure(&coloured, scene, l))
						same(t, base+"-bytes"+suffix, coloured.Bytes())
						known[base+"-bytes"+suffix] = true
					}
				}
			})
		}
	}
	pictures, err := filepath.Glob(filepath.FromSlash("../figures/*.svg"))
	require.NoError(t, err)
	for _, name := range pictures {
		if _, err := os.Stat(strings.TrimSuffix(name, ".svg") + ".txt"); err == nil {
			continue // a drawing of docs/sketch
		}
		require.True(t, known[name], "%s has no recording", name)
	}
}

// same compares a picture with the one that is kept.
func same(t *testing.T, file string, drawn []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, drawn, 0o644))
	}
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	kept = bytes.ReplaceAll(kept, []byte("\r\n"), []byte("\n")) // a checkout on Windows
	require.Empty(t, cmp.Diff(string(kept), string(drawn)), "go test ./docs/scenes -run TestFigures -update draws %s again", file)
}

func TestBytesFigureRefusesWhatItCannotShow(t *testing.T) {
	write := ladder.Event{Seq: 1, Kind: ladder.Write, Who: "server", N: 2, Head: []byte("hi")}
	require.ErrorContains(t, bytesFigure(new(bytes.Buffer), []ladder.Event{write}, lang.English), "2 bytes were written and 0 read")
	write.N = 100
	require.ErrorContains(t, bytesFigure(new(bytes.Buffer), []ladder.Event{write}, lang.English), "only 2 are kept")
}
