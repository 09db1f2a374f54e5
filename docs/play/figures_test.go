package main

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

// TestFigures draws every recording in docs/figures again and compares that
// with the pictures kept beside it.
func TestFigures(t *testing.T) {
	dir := filepath.FromSlash("../figures")
	recordings, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, recordings, "go run ./docs/play -figures makes them")
	known := make(map[string]bool)
	for _, name := range recordings {
		base := strings.TrimSuffix(name, ".jsonl")
		known[base+".svg"], known[base+".zh-CN.svg"] = true, true
		known[base+"-bytes.svg"], known[base+"-bytes.zh-CN.svg"] = true, true // see TestBytesFigure
		t.Run(filepath.Base(base), func(t *testing.T) {
			ev, err := load(name)
			require.NoError(t, err)
			err = drawFigure(base, ev, func(file string, ev []ladder.Event, l lang.Lang) error {
				if *update {
					return picture(file, ev, l)
				}
				var want bytes.Buffer
				if err := ladder.SVG(&want, ev, l); err != nil {
					return err
				}
				got, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				got = bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")) // a checkout on Windows
				require.Empty(t, cmp.Diff(want.String(), string(got)),
					"go test ./docs/play -run TestFigures -update draws %s again", file)
				return nil
			})
			require.NoError(t, err)
		})
	}
	pictures, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	require.NoError(t, err)
	for _, name := range pictures {
		// Other pictures of the same recording are named after it.
		belongs := known[name] || slices.ContainsFunc(recordings, func(r string) bool {
			return strings.HasPrefix(name, strings.TrimSuffix(r, ".jsonl")+"-")
		})
		require.True(t, belongs, "%s has no recording", name)
	}
}
