package states_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"example.com/dialtone/03-reuseaddr/exercises/states"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { states.Count(strings.NewReader(""), 0) })

var names = []string{
	"ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
	"CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV",
}

const heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

const rest = " 00000000:00000000 00:00000000 00000000     0        0 36074 1 00000000cbb35184 100 0 0 10 0"

// row is a line of the table: local and remote address, state.
func row(local, remote, state string) string {
	return "   0: " + local + " " + remote + " " + state + rest + "\n"
}

// counted calls Count, which must work, and compares.
func counted(t *testing.T, with, means, table string, port uint16, want map[string]int) {
	t.Helper()
	c := grade.Case{Did: fmt.Sprintf("Count(table, %d), with %s", port, with), Means: means, Panics: noField}
	got, err := grade.Get(t, c, func() (map[string]int, error) {
		return states.Count(iotest.HalfReader(strings.NewReader(table)), port)
	})
	c.Usually("this table is as the task says: your own error tells which check goes too far").NoError(t, err)
	for state := range got {
		c.Usually("the states are named, and numbered from 01 to 0C, in hexadecimal").
			True(t, slices.Contains(names, state), fmt.Sprint(want), fmt.Sprint(got))
	}
	c.True(t, maps.Equal(want, got), fmt.Sprint(want), fmt.Sprint(got))
	c.Usually("nil was returned for nothing to count: an empty map it should be").
		True(t, got != nil, "an empty map", "nil")
}

const (
	local   = "what counts is the port of the second field, the local address, in hexadecimal: 8080 is 1F90"
	small   = "small ports have leading zeros, and 0 is a number too: compare numbers, not text"
	first   = "the heading is the first line, whatever it says; it is not a socket, and no socket is no error"
	space   = "four fields are enough, whatever the space between them, and the last line counts like any other"
	noField = "was a field, or a part of one, used that is not there? Check the number of fields first"
)

func TestCount(t *testing.T) {
	listener := row("0100007F:1F90", "00000000:0000", "0A")
	one := map[string]int{"LISTEN": 1}
	for _, tt := range []struct {
		with, means string
		port        uint16
		want        map[string]int
		table       string
	}{
		{"a listener on 8080, two sockets in TIME_WAIT, one ESTABLISHED", local, 8080,
			map[string]int{"LISTEN": 1, "TIME_WAIT": 2, "ESTABLISHED": 1},
			heading + listener + row("0100007F:1F90", "0100007F:D3E2", "06") + row("0100007F:1F90", "0100007F:D3E4", "06") +
				row("020200C0:1F90", "507100CB:01BB", "01")},
		{"sockets of 8080, of port 80 (0050), and some that call a remote port 8080", local, 8080, map[string]int{"CLOSE_WAIT": 1},
			heading + row("0100007F:1F90", "0100007F:C350", "08") + row("0100007F:C350", "0100007F:1F90", "05") +
				row("0100007F:0050", "0100007F:1F90", "01") + row("1F901F90:1F91", "00000000:0000", "0A")},
		{"a listener on that port (0050), and one on 8080", small, 80, one, heading + row("0100007F:0050", "00000000:0000", "0A") + listener},
		{"a listener on that port (0000), and one on 8080", small, 0, one, heading + row("0100007F:0000", "00000000:0000", "0A") + listener},
		{"a listener on that port (FFFF), and one on 8080", small, 65535, one, heading + row("0100007F:FFFF", "00000000:0000", "0A") + listener},
		{"a listener on [::]:8080, as in /proc/net/tcp6", "an address is 8 digits or 32: cut at the colon, and do not count on columns", 8080, one,
			heading + row("00000000000000000000000000000000:1F90", "00000000000000000000000000000000:0000", "0A")},
		{"a heading of other words", first, 8080, one, "slot here there state\n" + listener},
		{"a heading of three words", first, 8080, one, "what is this\n" + listener},
		{"an empty heading", first, 8080, one, "\n" + listener},
		{"a heading that looks like a socket", first, 8080, one, listener + listener},
		{"nothing at all", first, 8080, map[string]int{}, ""},
		{"a heading and nothing more", first, 8080, map[string]int{}, heading},
		{"a heading without its newline", first, 8080, map[string]int{}, strings.TrimSpace(heading)},
		{"no socket on 8080", first, 8080, map[string]int{}, heading + row("0100007F:0050", "00000000:0000", "0A")},
		{"a last line of four fields (the first and third are nothing that counts), a tab and no newline", space, 8080,
			map[string]int{"LISTEN": 1, "TIME_WAIT": 1},
			heading + listener + "x  0100007F:1F90\t-   06"},
		{"5000 lines that come in small pieces", "one Read is not the whole table: read lines until the end", 8080, map[string]int{"LISTEN": 5000},
			heading + strings.Repeat(listener, 5000)},
	} {
		counted(t, fmt.Sprintf("%s: %.60q…", tt.with, strings.TrimPrefix(tt.table, heading)), tt.means, tt.table, tt.port, tt.want)
	}
}

func TestCountKnowsEveryState(t *testing.T) {
	for i, name := range names {
		line := row("0100007F:1F90", "0100007F:D3E2", fmt.Sprintf("%02X", i+1))
		counted(t, fmt.Sprintf("one socket, in state %02X:\n%.52s…", i+1, line), "the states are numbered from 01, in hexadecimal, and 12 of them",
			heading+line, 8080, map[string]int{name: 1})
	}
}

// The digits A to F, small and capital, in the address and in the state.
func TestCountReadsBothCases(t *testing.T) {
	for _, field := range [][2]string{
		{"0100007F:1F9A", "0A"}, {"0100007F:1f9a", "0A"}, {"0100007f:1F9A", "0A"}, {"0100007F:1F9A", "0a"}, {"0100007F:1F9a", "0A"},
	} {
		line := row(field[0], "00000000:0000", field[1])
		counted(t, fmt.Sprintf("a listener on 8090, which is 1F9A:\n%.52s…", line), "digits may be upper or lower case: compare numbers, not text",
			heading+line, 8090, map[string]int{"LISTEN": 1})
	}
}

func TestCountRefusesBadLines(t *testing.T) {
	socket := func(local, state string) string { return row(local, "00000000:0000", state) }
	good := socket("0100007F:1F90", "0A")
	for _, bad := range []struct{ line, fault string }{
		{"what is this", "it has three fields"},
		{"0: 0100007F:1F90 00000000:0000", "it has three fields"},
		{"", "an empty line is no socket"},
		{heading, "only the first line is a heading"},
		{socket("0100007F:1F90", "00"), "there is no state 00"},
		{socket("0100007F:1F90", "0D"), "there is no state 0D"},
		{socket("0100007F:1F90", "XX"), "the state is no number"},
		{socket("0100007F:1F90", "LISTEN"), "the state is no number"},
		{socket("0100007F:1F90", "0AZ"), "something follows the state (fmt.Sscanf does not look at what is left over)"},
		{socket("0100007F:1F90", "+A"), "a sign is no digit (ParseInt takes one, ParseUint does not)"},
		{socket("0100007F:1F90", "0_A"), "_ is no digit (but it is in base 0, as in Go's own numbers)"},
		{socket("0100007F:XXXX", "0A"), "the port is no number"},
		{socket("0100007F:11F90", "0A"), "the port has 5 digits, not 4"},
		{socket("0100007F:1F9", "0A"), "the port has 3 digits, not 4"},
		{socket("0100007F:1F9Z", "0A"), "the port has 3 digits, and then a letter that is none (fmt.Sscanf does not look at what is left over)"},
		{socket("0100007F:+1F9", "0A"), "a sign is no digit (ParseInt takes one, ParseUint does not)"},
		{socket("0100007F:1_F9", "0A"), "_ is no digit (but it is in base 0, as in Go's own numbers)"},
		{socket("0100007F", "0A"), "the local address has no port"},
		{socket("0100007F1F90", "0A"), "the local address has no colon"},
		{socket("0100007:1F90", "0A"), "the host has 7 digits, not 8 or 32"},
		{socket("010000ZZ:1F90", "0A"), "the host is no number"},
		{socket("+100007F:1F90", "0A"), "the host is no number: a sign is no digit"},
		{socket(":1F90", "0A"), "the local address has no host"},
		{socket("0100007F:0050", "0E"), "there is no state 0E, though the port is another"},
	} {
		line := strings.TrimSuffix(bad.line, "\n")
		c := grade.Case{
			Did:    fmt.Sprintf("Count(table, 8080), whose third line is %.50q", line),
			Means:  "a line that cannot be read was passed over, or read as something else. What is wrong with it: " + bad.fault,
			Panics: noField,
		}
		count, err := grade.Get(t, c, func() (map[string]int, error) {
			return states.Count(strings.NewReader(heading+good+line+"\n"+good), 8080)
		})
		c.True(t, err != nil, "an error", fmt.Sprint("no error, and ", count))
		c.Usually("lines are counted from 1, and the heading is line 1").
			True(t, strings.Contains(err.Error(), "line 3") && !strings.Contains(err.Error(), "line 30"), `an error with "line 3" in it`, grade.Describe(err))
		c.Usually("half a count is no count: return nil with an error").
			True(t, count == nil, "a nil map", fmt.Sprint(count))
	}
}

// The table itself breaks off.
func TestCountReportsTheReadersError(t *testing.T) {
	broken := errors.New("the disk is gone")
	const over = "Scan says false at an error too: ask Err when it is over"
	for _, tt := range []struct{ before, means string }{
		{"", over}, {heading, over}, {heading + row("0100007F:1F90", "00000000:0000", "0A"), over},
		{heading + "   0: 0100007F:1F", "where reading fails, Scan first gives the piece of a line that came before, and that is no socket: ask Err then, too (errors.Join)"},
	} {
		c := grade.Case{Did: fmt.Sprintf("Count(table, 8080), where reading fails after %d bytes: %.60q…", len(tt.before), strings.TrimPrefix(tt.before, heading)), Means: tt.means}
		table := io.MultiReader(strings.NewReader(tt.before), iotest.ErrReader(broken))
		count, err := grade.Get(t, c, func() (map[string]int, error) { return states.Count(table, 8080) })
		c.ErrorIs(t, err, broken)
		c.Usually("half a count is no count: return nil with an error").
			True(t, count == nil, "a nil map", fmt.Sprint(count))
	}
}
