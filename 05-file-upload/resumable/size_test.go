package resumable

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{
		"1": 1, "300 B": 300, "64KiB": 64 << 10, "8GiB": 8 << 30, "8.0 GiB": 8 << 30,
		"500M": 500 << 20, "1.5k": 1536, "2TB": 2 << 40,
	} {
		var s Size
		require.NoError(t, s.Set(text), text)
		require.Equal(t, want, s, text)
	}
	for _, text := range []string{"", "B", "-1", "0", "NaN", "Inf", "8 films", "1e30", "9PP", "0x", "8EiB"} {
		var s Size
		require.Error(t, s.Set(text), "%q was taken for %d", text, int64(s))
	}
	for s, want := range map[Size]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB",
		1<<20 - 1: "1.0 MiB", 8 << 30: "8.0 GiB", 1 << 62: "4096.0 PiB",
	} {
		require.Equal(t, want, s.String())
	}
}
