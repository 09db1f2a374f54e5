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

func TestPayloadStaysReadable(t *testing.T) {
	var file strings.Builder
	require.NoError(t, Save(&file, script(moved("client", Write, "你好"), moved("client", Write, "\xff"))))
	require.Contains(t, file.String(), `"head":"你好"`)
	require.Contains(t, file.String(), `"head":{"hex":"ff"}`)
}

func TestLoadNamesTheBadLine(t *testing.T) {
	const good = `{"seq":1,"at_ns":0,"kind":"note","en":"x"}` + "\n"
	for file, want := range map[string]string{
		good + "hello":                  "line 2: not an event",
		good + "\n":                     "line 2: not an event",
		good + `{"seq":2,"at_ns":0,"ki`: "line 2: not an event",
		good + `{"seq":2,"at_ns":0,"kind":"note"} {}`:                      "line 2: not an event",
		`{"name":"another format"}`:                                        `line 1: not an event: unknown kind ""`,
		`{"seq":1,"at_ns":0,"kind":"shout"}`:                               `line 1: not an event: unknown kind "shout"`,
		good + good:                                                        "line 2: seq 1 does not follow 1",
		`{"at_ns":0,"kind":"note"}`:                                        "line 1: seq 0",
		`{"seq":1,"at_ns":-5,"kind":"note"}`:                               "line 1: a time before",
		`{"seq":1,"kind":"read","n":1,"head":"xx"}`:                        "line 1: 1 bytes with a head of 2",
		`{"seq":1,"kind":"read","n":-1}`:                                   "line 1: -1 bytes",
		`{"seq":1,"kind":"read","n":1,"head":7}`:                           "line 1: not an event: head: want",
		`{"seq":1,"kind":"read","n":1,"head":{"hex":"f"}}`:                 "line 1: not an event: ",
		`{"seq":1,"kind":"segment"}`:                                       "line 1: not an event: a segment has",
		`{"seq":1,"kind":"note","segment":{}}`:                             "line 1: not an event: a segment has",
		`{"seq":1,"kind":"segment","segment":{"flags":"ACK","window":-1}}`: "line 1: not an event: a segment has",
		good + strings.Repeat("x", 1<<20):                                  "line 2: ",
	} {
		ev, err := Load(strings.NewReader(file))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
		require.Nil(t, ev)
	}
}

// FuzzLoad: whatever loads can be drawn, within its width, and saved again, one
// event a line; recordings of anything at all among it.
func FuzzLoad(f *testing.F) {
	recordings := [][]Event{oneCall()}
	for seed := range uint64(40) {
		recordings = append(recordings, anyEvents(rand.New(rand.NewPCG(seed, 7))))
	}
	for _, ev := range recordings {
		var file bytes.Buffer
		require.NoError(f, Save(&file, ev))
		got, err := Load(bytes.NewReader(file.Bytes()))
		require.NoError(f, err)
		require.Empty(f, cmp.Diff(ev, got, cmpopts.EquateEmpty()))
		f.Add(file.Bytes())
	}
	f.Add([]byte(`{"seq":1,"at_ns":9,"kind":"read","who":"client \u202e","n":4,"head":{"hex":"00ff"},"err":"x\u0007"}`))
	f.Add([]byte(`{"seq":1,"at_ns":9,"kind":"write","n":9223372036854775807,"pending":true}` + "\n" +
		`{"seq":2,"at_ns":9,"kind":"write","n":9223372036854775807,"of":1}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		ev, err := Load(bytes.NewReader(in))
		if err != nil {
			return
		}
		drawable(t, ev)
		var again bytes.Buffer
		require.NoError(t, Save(&again, ev))
		require.Equal(t, len(ev), strings.Count(again.String(), "\n"))
		back, err := Load(&again)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(ev, back, cmpopts.EquateEmpty()))
	})
}
