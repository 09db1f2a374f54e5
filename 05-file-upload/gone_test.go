package upload

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// A file that says that it has 0 bytes, and has more.
func TestSourceWithMoreThanItsSize(t *testing.T) {
	const path = "/proc/cpuinfo"
	if is, err := os.Stat(path); err != nil || is.Size() > 0 {
		t.Skip("no such file here: ", path)
	}
	s := serve(t)
	for protocol := 1; protocol <= 2; protocol++ {
		c := NewClient()
		c.Protocol = protocol
		_, err := send(t, c, s.addr, path)
		require.ErrorIs(t, err, ErrChanged)
		require.ErrorContains(t, err, "more can be read")
	}
	require.Empty(t, s.visible(t))
}
