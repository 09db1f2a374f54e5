package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

// The coloured picture of lesson 4 is drawn again from the recording of its
// scene "both", and compared; -update keeps it.
func TestBytesFigure(t *testing.T) {
	ev, err := load(filepath.FromSlash("../figures/4-both.jsonl"))
	require.NoError(t, err)
	for name, l := range map[string]lang.Lang{"4-both-bytes.svg": lang.English, "4-both-bytes.zh-CN.svg": lang.Chinese} {
		var drawn bytes.Buffer
		require.NoError(t, bytesFigure(&drawn, ev, l))
		file := filepath.Join("..", "figures", name)
		if *update {
			require.NoError(t, os.WriteFile(file, drawn.Bytes(), 0o644))
		}
		kept, err := os.ReadFile(file)
		require.NoError(t, err)
		kept = bytes.ReplaceAll(kept, []byte("\r\n"), []byte("\n")) // a checkout on Windows
		require.Empty(t, cmp.Diff(string(kept), drawn.String()), name)
	}
}

func TestBytesFigureRefusesWhatItCannotShow(t *testing.T) {
	write := ladder.Event{Seq: 1, Kind: ladder.Write, Who: "server", N: 2, Head: []byte("hi")}
	require.ErrorContains(t, bytesFigure(new(bytes.Buffer), []ladder.Event{write}, lang.English), "2 bytes were written and 0 read")
	write.N = 100
	require.ErrorContains(t, bytesFigure(new(bytes.Buffer), []ladder.Event{write}, lang.English), "only 2 are kept")
}
