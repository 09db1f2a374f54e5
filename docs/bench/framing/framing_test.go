package framing

import (
	"fmt"
	"strings"
	"testing"
)

// Every peer hands out what was sent; a peer that says that it checks a
// maximum refuses more than it.
func TestPeers(t *testing.T) {
	for _, p := range peers {
		for _, size := range sizes {
			next, err := p.play(size)
			if err != nil {
				t.Fatal(err)
			}
			for range 2<<20/size + 2 {
				if n, err := next(); n != size || err != nil {
					t.Fatalf("%s: %d bytes instead of %d, %v", p.name, n, size, err)
				}
			}
		}
		if p.tooLong != "" {
			long := p.tooLong + strings.Repeat("x", 2*max) + "\"}\n"
			n, err := p.receive(strings.NewReader(long), 64)()
			if p.checks != (err != nil) {
				t.Errorf("%s: checks a maximum: %v; of a message of 16 MiB it gave %d bytes, %v", p.name, p.checks, n, err)
			}
		}
	}
}

func BenchmarkFraming(b *testing.B) {
	for _, size := range sizes {
		for _, p := range peers {
			b.Run(fmt.Sprintf("%dB/%s", size, strings.ReplaceAll(p.name, " ", "-")), func(b *testing.B) {
				next, err := p.play(size)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					next()
				}
			})
		}
	}
}
