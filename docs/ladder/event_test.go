package ladder

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
)

func TestSaveThenLoad(t *testing.T) {
	seeds(t, 30, func(t *testing.T, rng *rand.Rand) {
		ev := anyEvents(rng)
		for i := range ev {
			e := &ev[i] // JSON has no other text than UTF-8; payload may be anything
			for _, s := range []*string{&e.Who, &e.Local, &e.Remote, &e.Err, &e.En, &e.Zh} {
				*s = strings.ToValidUTF8(*s, "?")
			}
		}
		var file bytes.Buffer
		require.NoError(t, Save(&file, ev))
		require.Equal(t, len(ev), strings.Count(file.String(), "\n"), "one event a line")
		got, err := Load(&file)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(ev, got, cmpopts.EquateEmpty()))
	})
}

func TestTextStaysReadable(t *testing.T) {
	var file strings.Builder
	require.NoError(t, Save(&file, script(moved("client", Write, "<你好>"), moved("client", Write, "\xff"))))
	require.Contains(t, file.String(), `"head":"<你好>"`)
	require.Contains(t, file.String(), `"head":{"hex":"ff"}`)
}

func TestLoadNamesTheBadLine(t *testing.T) {
	const good = `{"seq":1,"at_ns":0,"kind":"note","en":"x"}` + "\n"
	for _, c := range []struct{ name, file, want string }{
		{"no JSON", good + "\nhello\n", "line 3: not an event"},
		{"cut off", good + `{"seq":2,"at_ns":0,"ki`, "line 2: not an event"},
		{"two on a line", good + `{"seq":2,"at_ns":0,"kind":"note"} {}`, "line 2: not an event: something follows"},
		{"another format", `{"name":"x"}`, `line 1: not an event: unknown field "name"`},
		{"unknown kind", `{"seq":1,"at_ns":0,"kind":"shout"}`, `line 1: unknown kind "shout"`},
		{"out of order", good + good, "line 2: seq 1 does not follow 1"},
		{"no seq", `{"at_ns":0,"kind":"note"}`, "line 1: seq 0"},
		{"before the beginning", `{"seq":1,"at_ns":-5,"kind":"note"}`, "line 1: a time before"},
		{"more head than bytes", `{"seq":1,"at_ns":0,"kind":"read","n":1,"head":"xx"}`, "line 1: 1 bytes with a head of 2"},
		{"negative", `{"seq":1,"at_ns":0,"kind":"read","n":-1}`, "line 1: -1 bytes"},
		{"head of a number", `{"seq":1,"at_ns":0,"kind":"read","n":1,"head":7}`, "line 1: not an event: head: want"},
		{"head of bad hex", `{"seq":1,"at_ns":0,"kind":"read","n":1,"head":{"hex":"f"}}`, "line 1: not an event: head: "},
		{"an endless line", good + strings.Repeat("x", 2<<20), "line 2: longer than 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ev, err := Load(strings.NewReader(c.file))
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "\n")
			require.Nil(t, ev)
		})
	}
	ev, err := Load(strings.NewReader(""))
	require.NoError(t, err)
	require.Empty(t, ev)
}

// FuzzLoad: whatever loads can be drawn, within its width, and saved again.
func FuzzLoad(f *testing.F) {
	var file bytes.Buffer
	if err := Save(&file, oneCall()); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add([]byte(`{"seq":1,"at_ns":9,"kind":"read","who":"client \u202e","n":4,"head":{"hex":"00ff"},"err":"x\u0007"}`))
	f.Add([]byte(`{"seq":1,"at_ns":9,"kind":"write","n":9223372036854775807,"pending":true}` + "\n" +
		`{"seq":2,"at_ns":9,"kind":"write","n":9223372036854775807,"of":1}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		ev, err := Load(bytes.NewReader(in))
		if err != nil {
			return
		}
		var text, picture strings.Builder
		require.NoError(t, Draw(&text, ev, Options{}))
		require.NoError(t, safe(text.String(), 80))
		require.NoError(t, SVG(&picture, ev, Options{}))
		checkPicture(t, []byte(picture.String()))
		var again bytes.Buffer
		require.NoError(t, Save(&again, ev))
		back, err := Load(&again)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(ev, back, cmpopts.EquateEmpty()))
	})
}
