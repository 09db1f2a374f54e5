package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"example.com/dialtone/docs/internal/lang"
)

// The charts in this folder are those of the numbers in it, in words that
// both languages have.
func TestChart(t *testing.T) {
	r, err := load("speeds.json")
	require.NoError(t, err)
	for l, name := range map[lang.Lang]string{lang.English: "speeds.svg", lang.Chinese: "speeds.zh-CN.svg"} {
		want, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(string(want), chart(r, l)), name)
	}
	for _, w := range ways() {
		if w.Name != "dialtone 1 with a bar" && w.Name != "dialtone 1 without a bar" {
			require.NotEmpty(t, chinese[w.What], w.What)
		}
	}
}

func TestMedian(t *testing.T) {
	require.Equal(t, 2.0, median([]float64{9, 1, 2}))
	require.Equal(t, 1.5, median([]float64{2, 1, 9, 1}))
}

func TestRatio(t *testing.T) {
	a := &way{Seconds: []float64{1, 1, 1, 1, 1}}
	b := &way{Seconds: []float64{3, 1, 100, 2, 4}}
	mid, low, high := ratio(a, b)
	require.Equal(t, []float64{3, 2, 4}, []float64{mid, low, high})
}
