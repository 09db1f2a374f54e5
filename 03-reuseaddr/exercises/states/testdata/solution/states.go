package states

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

var names = []string{
	1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1",
	5: "FIN_WAIT2", 6: "TIME_WAIT", 7: "CLOSE", 8: "CLOSE_WAIT",
	9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 12: "NEW_SYN_RECV",
}

func Count(table io.Reader, port uint16) (map[string]int, error) {
	count := map[string]int{}
	lines := bufio.NewScanner(table)
	for n := 1; lines.Scan(); n++ {
		if n == 1 {
			continue
		}
		local, state, err := parse(lines.Text())
		if err != nil {
			// Where the table breaks off, a piece of a line comes first.
			return nil, errors.Join(fmt.Errorf("line %d: %w", n, err), lines.Err())
		}
		if local == port {
			count[state]++
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return count, nil
}

func parse(line string) (port uint16, state string, err error) {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return 0, "", fmt.Errorf("%d fields, want 4 or more", len(fields))
	}
	host, local, _ := strings.Cut(fields[1], ":")
	ip, err := hex.DecodeString(host)
	if err != nil || len(ip) != 4 && len(ip) != 16 || len(local) != 4 {
		return 0, "", fmt.Errorf("%q is not an address", fields[1])
	}
	number, err := strconv.ParseUint(local, 16, 16)
	if err != nil {
		return 0, "", fmt.Errorf("port: %w", err)
	}
	st, err := strconv.ParseUint(fields[3], 16, 8)
	if err != nil || st == 0 || int(st) >= len(names) {
		return 0, "", fmt.Errorf("%q is not a state", fields[3])
	}
	return uint16(number), names[st], nil
}
