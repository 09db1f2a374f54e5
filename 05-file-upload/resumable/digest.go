package resumable

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"sync"
	"sync/atomic"
)

// The digests that a protocol 2 client can ask for. SHA-256 proves that
// the file is the same one; CRC-32C (Castagnoli) finds what a cable or
// a disk did to it, not what a person did, at twice the speed.
const (
	SHA256 = "sha256"
	CRC32C = "crc32c"
	None   = "none"
)

// Digests are all of them, the default first.
var Digests = []string{SHA256, CRC32C, None}

func newHash(kind string) hash.Hash {
	switch kind {
	case SHA256:
		return sha256.New()
	case CRC32C:
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	}
	return nil
}

// A tally hashes a file while it is under way. The bytes themselves go
// from socket to file inside the kernel (or from file to socket) and
// never pass through here; the tally reads behind them what has just
// moved, and finds it in the page cache.
type tally struct {
	news    chan int64 // how far the file has got: the newest word only
	quiet   sync.Once  // there will be no more news
	quit    atomic.Bool
	done    chan struct{}
	digest  string
	problem error
}

// newTally begins to hash file. It ends with sum or stop.
func newTally(file io.ReaderAt, kind string) *tally {
	t := &tally{news: make(chan int64, 1), done: make(chan struct{})}
	go t.run(file, newHash(kind))
	return t
}

// reached says that the first n bytes of the file are there.
func (t *tally) reached(n int64) {
	// Nobody is kept waiting by the hash: the older word is replaced.
	select {
	case <-t.news:
	default:
	}
	t.news <- n
}

// sum waits until all that was reached is hashed, and gives it in hex.
func (t *tally) sum() (string, error) {
	t.quiet.Do(func() { close(t.news) })
	<-t.done
	return t.digest, t.problem
}

// stop ends the tally where it stands. After sum it does nothing.
func (t *tally) stop() {
	t.halt()
	t.sum()
}

// halt has sum end soon, with a sum that is worth nothing.
func (t *tally) halt() { t.quit.Store(true) }

func (t *tally) run(file io.ReaderAt, sum hash.Hash) {
	defer close(t.done)
	if sum == nil {
		return // None: the one word in the mailbox is never read
	}
	buf := make([]byte, 64<<10) // stays in the processor's own cache
	hashed := int64(0)
	for upTo := range t.news {
		for hashed < upTo && t.problem == nil && !t.quit.Load() {
			n, err := file.ReadAt(buf[:min(int64(len(buf)), upTo-hashed)], hashed)
			sum.Write(buf[:n])
			hashed += int64(n)
			if err != nil && hashed < upTo {
				t.problem = fmt.Errorf("read again for the digest: %w", err)
			}
		}
	}
	t.digest = hex.EncodeToString(sum.Sum(nil))
}
