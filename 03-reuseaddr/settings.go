package reuseaddr

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// Settings are the kernel's settings that the source's method two is
// about, and those that really have to do with this lesson.
var Settings = []string{
	"net.ipv4.tcp_syncookies",
	"net.ipv4.tcp_tw_reuse",
	"net.ipv4.tcp_tw_recycle",
	"net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_max_tw_buckets",
	"net.core.somaxconn",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.tcp_migrate_req",
}

// ErrNoSetting is a setting that this kernel does not have.
var ErrNoSetting = errors.New("this kernel has no such setting")

// ReadSetting gives the present value of a setting, like sysctl -n. It
// only reads: nothing in this lesson changes a setting of your machine.
func ReadSetting(name string) (string, error) {
	file := "/proc/sys/" + strings.ReplaceAll(name, ".", "/")
	value, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNoSetting
	}
	return strings.Join(strings.Fields(string(value)), " "), err
}
