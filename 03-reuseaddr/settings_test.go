package reuseaddr

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSettingsAreThere(t *testing.T) {
	needLinux(t, "/proc/sys")
	for _, name := range Settings {
		value, err := ReadSetting(name)
		switch name {
		case "net.ipv4.tcp_tw_recycle": // gone since Linux 4.12
			require.ErrorIs(t, err, ErrNoSetting)
		case "net.ipv4.tcp_migrate_req": // there since Linux 5.14
		default:
			require.NoError(t, err, name)
			require.Regexp(t, `^\d+( \d+)?$`, value, name)
		}
	}
}

// The way from a setting's name to its file, with a value that no
// namespace changes.
func TestReadSetting(t *testing.T) {
	want, err := os.ReadFile("/proc/sys/kernel/ostype")
	if err != nil {
		t.Skip("no /proc/sys here: ", err)
	}
	got, err := ReadSetting("kernel.ostype")
	require.NoError(t, err)
	require.Equal(t, string(want), got+"\n")
	_, err = ReadSetting("net.ipv4.no_such_thing")
	require.ErrorIs(t, err, ErrNoSetting)
}
