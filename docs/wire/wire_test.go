package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// A SYN and a segment with data as Linux sent them over loopback.
const (
	syn  = "4500003c1c46400040062074" + "7f0000017f000001" + "cfa3a1a7" + "00000400" + "00000000" + "a002ffd7" + "fe300000" + "0204ffd70402080a6ed2c5250000000001030307"
	data = "450000391c48400040060000" + "7f0000017f000001" + "cfa3a1a7" + "00000401" + "fffffff1" + "80180200" + "fe2d0000" + "0101080a6ed2c5266ed2c525" + "68656c6c6f"
)

func raw(t testing.TB, text string) []byte {
	t.Helper()
	p, err := hex.DecodeString(text)
	require.NoError(t, err)
	return p
}

func TestParse(t *testing.T) {
	from, to := netip.MustParseAddrPort("127.0.0.1:53155"), netip.MustParseAddrPort("127.0.0.1:41383")
	for _, c := range []struct {
		packet []byte
		want   Segment
	}{
		{raw(t, syn), Segment{from, to, 1024, 0, SYN, 65495, 65495, 7, []byte{}}},
		{append(raw(t, data), "padding"...), Segment{from, to, 1025, 4294967281, PSH | ACK, 512, 0, -1, []byte("hello")}},
	} {
		s, err := Parse(c.packet)
		require.NoError(t, err)
		require.Equal(t, c.want, s)
	}
	require.Equal(t, "PSH ACK", (PSH | ACK).String())
}

func TestParseRefuses(t *testing.T) {
	with := func(at int, b ...byte) []byte {
		p := raw(t, syn)
		copy(p[at:], b)
		return p
	}
	for name, c := range map[string]struct {
		packet []byte
		want   string
	}{
		"nothing":               {nil, "ends inside"},
		"another version":       {with(0, 0x65), errNotTCP.Error()},
		"a header of 4 bytes":   {with(0, 0x41), "ends inside"},
		"less than it says":     {raw(t, syn)[:50], "ends inside"},
		"no room for TCP":       {with(2, 0, 30), "ends inside"},
		"UDP":                   {with(9, 17), errNotTCP.Error()},
		"a fragment":            {with(6, 0x20), errNotTCP.Error()},
		"TCP header of 4 bytes": {with(32, 0x10), "ends inside"},
		"TCP header longer":     {with(32, 0xf0), "ends inside"},
		"an option of 1 byte":   {with(40, 2, 1), "option longer"},
		"an option of 200":      {with(40, 2, 200), "option longer"},
	} {
		_, err := Parse(c.packet)
		require.ErrorContains(t, err, c.want, name)
	}
}

// FuzzParse: anything may arrive, and a segment lies within its packet.
func FuzzParse(f *testing.F) {
	f.Add(raw(f, syn))
	f.Add(raw(f, data))
	f.Fuzz(func(t *testing.T, p []byte) {
		s, err := Parse(p)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(s.Payload)+40, len(p))
		require.True(t, s.From.IsValid() && s.To.IsValid())
		require.True(t, bytes.Contains(p, s.Payload))
	})
}

// TestLines: numbers count from the SYNs, across the end of 32 bits; what
// was sent before is told; windows are scaled once both sides can.
func TestLines(t *testing.T) {
	a, b := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")
	const isn, other = 0xffffffff, 7000
	seg := func(from, to netip.AddrPort, f Flags, seq, ack uint32, scale int8, payload string) Segment {
		return Segment{From: from, To: to, Flags: f, Seq: seq, Ack: ack, Window: 512, Scale: scale, Payload: []byte(payload)}
	}
	lines := Lines{}
	var got []Numbers
	for _, s := range []Segment{
		seg(a, b, SYN, isn, 0, 7, ""),
		seg(a, b, SYN, isn, 0, 7, ""),
		seg(b, a, SYN|ACK, other, 0, 2, ""),
		seg(a, b, ACK, 0, other+1, -1, ""),
		seg(a, b, ACK|PSH, 0, other+1, -1, "hello"),
		seg(a, b, ACK|PSH, 3, other+1, -1, "lo, you"),
		seg(b, a, ACK, other+1, 10, -1, ""),
		seg(a, b, ACK|FIN, 10, other+1, -1, ""),
		seg(a, b, ACK|FIN, 10, other+1, -1, ""),
		seg(a, b, SYN, 50, 0, -1, ""), // the port is used again
		seg(b, a, SYN|ACK, 90, 51, 2, ""),
		seg(a, b, ACK, 51, 91, -1, ""),
	} {
		got = append(got, lines.Follow(s, false))
	}
	require.Empty(t, cmp.Diff([]Numbers{
		{0, 0, 512, false}, {0, 0, 512, true}, {0, 1, 512, false},
		{1, 1, 512 << 7, false}, {1, 1, 512 << 7, false}, {4, 1, 512 << 7, true},
		{1, 11, 512 << 2, false}, {11, 1, 512 << 7, false}, {11, 1, 512 << 7, true},
		{0, 0, 512, false}, {0, 1, 512, false}, {1, 1, 512, false},
	}, got))
}

// TestPcap reads back what was written, and lets tshark judge it.
func TestPcap(t *testing.T) {
	at := time.Unix(1700000000, 123456789)
	packets := []Packet{{At: at, Data: raw(t, syn)}, {At: at.Add(time.Second), Data: raw(t, data)}}
	var file bytes.Buffer
	require.NoError(t, WritePcap(&file, packets))
	p := file.Bytes()
	require.Equal(t, "4d3cb2a1020004000000000000000000"+"00000400"+"65000000", hex.EncodeToString(p[:24]))
	var got []Packet
	for p = p[24:]; len(p) > 0; {
		word := func(i int) uint32 { return binary.LittleEndian.Uint32(p[4*i:]) }
		require.Equal(t, word(2), word(3))
		end := 16 + word(2)
		got = append(got, Packet{At: time.Unix(int64(word(0)), int64(word(1))), Data: p[16:end]})
		p = p[end:]
	}
	require.Empty(t, cmp.Diff(packets, got))

	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not here: the file was read back by this test only")
	}
	name := filepath.Join(t.TempDir(), "call.pcap")
	require.NoError(t, os.WriteFile(name, file.Bytes(), 0o600))
	out, err := exec.Command(tshark, "-r", name, "-T", "fields", "-e", "frame.time_epoch", "-e", "tcp.srcport", "-e", "tcp.flags.str", "-e", "tcp.options.mss_val", "-e", "tcp.len").Output()
	require.NoError(t, err)
	lines := strings.Split(strings.ReplaceAll(strings.TrimSpace(string(out)), "·", "."), "\n")
	require.Len(t, lines, 2)
	require.Regexp(t, `^1700000000\.123456789\t53155\t\.+S\.\t65495\t0$`, lines[0])
	require.Regexp(t, `^1700000001\.123456789\t53155\t\.+AP\.+\t\t5$`, lines[1])
}
