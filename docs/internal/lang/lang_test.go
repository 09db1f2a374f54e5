package lang

import (
	"flag"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFromEnv(t *testing.T) {
	for _, c := range []struct {
		name   string
		env    map[string]string
		system string
		want   Lang
	}{
		{"nothing set", nil, "", English},
		{"LANG alone", map[string]string{"LANG": "zh_CN.UTF-8"}, "", Chinese},
		{"LC_ALL wins", map[string]string{"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "", English},
		{"LC_MESSAGES before LANG", map[string]string{"LC_MESSAGES": "zh_TW", "LANG": "C"}, "", Chinese},
		{"a locale that is neither", map[string]string{"LANG": "fr_FR.UTF-8"}, "zh-CN", English},
		{"C means English", map[string]string{"LC_ALL": "C"}, "zh-CN", English},
		{"the system, where the environment is silent", nil, "zh-Hans-CN", Chinese},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := fromEnv(func(k string) string { return c.env[k] }, func() string { return c.system })
			require.Equal(t, c.want, got)
		})
	}
}

func TestFlag(t *testing.T) {
	t.Setenv("LC_ALL", "zh_CN.UTF-8")
	parse := func(args ...string) (Lang, error) {
		fs := flag.NewFlagSet("test", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		l := Flag(fs)
		err := fs.Parse(args)
		return *l, err
	}
	l, err := parse()
	require.NoError(t, err)
	require.Equal(t, Chinese, l, "the locale is the default")
	l, err = parse("-lang", "en")
	require.NoError(t, err)
	require.Equal(t, English, l)
	l, err = parse("-lang", "ZH-cn")
	require.NoError(t, err)
	require.Equal(t, Chinese, l)
	_, err = parse("-lang", "klingon")
	require.ErrorContains(t, err, "want en or zh")
}
