package resumable

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Size is a number of bytes as people write it: "300 B", "1.5 GiB". It
// is a flag.Value: 8GiB, 500M and 1048576 are understood, all by 1024.
type Size int64

const units = "KMGTP"

func (s Size) String() string {
	if s < 1024 {
		return fmt.Sprintf("%d B", int64(s))
	}
	x, unit := float64(s)/1024, 0
	// 1023.95 would be printed as 1024.0.
	for x >= 1023.95 && unit < len(units)-1 {
		x, unit = x/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", x, units[unit])
}

// Set reads a size of at least one byte that fits into 63 bits.
func (s *Size) Set(text string) error {
	number := strings.TrimSuffix(strings.ToUpper(text), "B")
	number = strings.TrimSuffix(number, "I")
	factor := 1.0
	for i := range units {
		if whole, found := strings.CutSuffix(number, units[i:i+1]); found {
			number, factor = whole, float64(int64(1)<<(10*(i+1)))
		}
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(n*factor >= 1 && n*factor < 1<<63) {
		return errors.New("a size is a number of bytes, at least 1, or such as 500MiB or 8GiB")
	}
	*s = Size(n * factor)
	return nil
}
