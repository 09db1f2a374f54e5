package main

import (
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"github.com/stretchr/testify/require"
)

// The name has the columns that the terminal leaves for it, of which a
// Chinese character takes two.
func TestTitle(t *testing.T) {
	runewidth.DefaultCondition.EastAsianWidth = false // whatever LANG says
	for _, row := range []struct {
		name    string
		from    int64
		columns int
		title   string
	}{
		{"film.mp4", 0, 46, `"film.mp4"`},
		{"film.mp4", 1 << 20, 46, `"film.mp4" from 1.0 MiB on`},
		{"The.Big.Lebowski.1998.1080p.mkv", 0, 16, `"The.Big.Lebows…`},
		{strings.Repeat("电影", 27), 0, 16, `"电影电影电影电…`},
		{"film.mp4", 0, 1, "…"},
	} {
		require.Equal(t, row.title, (&bar{name: row.name, from: row.from}).title(row.columns))
	}
}
