package resumable

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/peer"
)

func TestOffers(t *testing.T) {
	var w bytes.Buffer
	want := Offer{upload.Header{Name: "电影", Size: 1 << 40, Msg: "你好"}, 2, -5, CRC32C}
	require.NoError(t, upload.WriteFrame(&w, want))
	data, err := upload.ReadFrame(&w)
	require.NoError(t, err)
	got, err := ParseOffer(data)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, got))
	got, err = ParseOffer(peer.Header1("a", 3)[4:])
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(Offer{upload.Header{Name: "a", Size: 3, Msg: "hi"}, 1, 0, None}, got))
	for _, row := range []struct{ why, json, says string }{
		{"version 1", `{"file_name":"a","file_size":1,"msg":"","version":1}`, "version"},
		{"version 3", `{"file_name":"a","file_size":1,"msg":"","version":3,"modified":1,"digest":"none"}`, "version"},
		{"version text", `{"file_name":"a","file_size":1,"msg":"","version":"2","modified":1,"digest":"none"}`, "version"},
		{"no digest", `{"file_name":"a","file_size":1,"msg":"","version":2,"modified":1}`, "digest is missing"},
		{"unknown digest", `{"file_name":"a","file_size":1,"msg":"","version":2,"modified":1,"digest":"md5"}`, "md5"},
		{"protocol 2 without version", `{"file_name":"a","file_size":1,"msg":"","modified":1,"digest":"none"}`, "unknown field"},
		{"not JSON", `{"version":2`, "not JSON"},
	} {
		got, err := ParseOffer([]byte(row.json))
		require.ErrorIs(t, err, upload.ErrHeader, row.why)
		require.ErrorContains(t, err, row.says, row.why)
		// Who said "version" reads answers; who did not must get none.
		protocol := 1
		if row.says != "unknown field" && row.says != "not JSON" {
			protocol = 2
		}
		require.Equal(t, protocol, got.Protocol, row.why)
	}
}

func TestAnswers(t *testing.T) {
	for _, want := range []answer{
		{Status: "send", Offset: new(int64)}, {Status: "send", Offset: new(int64(1 << 40))},
		{Status: "refused", Error: "满了"}, {Status: "stored"},
	} {
		var w bytes.Buffer
		require.NoError(t, upload.WriteFrame(&w, want))
		got, err := readAnswer(&w)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, text := range []string{
		`{}`, `{"status":7}`, `{"status":"ok"}`, `{"status":"send"}`, `{"status":"send","offset":"1"}`,
		`{"status":"stored","offset":1}`, `{"status":"refused"}`, `{"status":"refused","error":1}`, `[]`,
	} {
		_, err := readAnswer(bytes.NewReader(peer.Frame(text)))
		require.ErrorIs(t, err, upload.ErrHeader, text)
	}
	for _, text := range []string{`{}`, `{"digest":1}`, `{"digest":"","more":1}`} {
		_, err := readTrailer(bytes.NewReader(peer.Frame(text)))
		require.ErrorIs(t, err, upload.ErrHeader, text)
	}
}

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
