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

	upload "example.com/dialtone/05-file-upload"
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
	news chan int64 // how far the file has got: the newest word only
	quit atomic.Bool
	// sum waits until all that was reached is hashed, and gives it in hex.
	sum func() (digest string, err error)
}

// newTally begins to hash file. It ends with sum or stop.
func newTally(file io.ReaderAt, kind string) *tally {
	t := &tally{news: make(chan int64, 1)}
	var hashing sync.WaitGroup
	var digest string
	var err error
	hashing.Go(func() { digest, err = t.run(file, newHash(kind)) })
	t.sum = sync.OnceValues(func() (string, error) {
		close(t.news) // there will be no more
		hashing.Wait()
		return digest, err
	})
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

// stop ends the tally where it stands. After sum it does nothing.
func (t *tally) stop() {
	t.halt()
	t.sum()
}

// halt has sum end soon, with an error if anything is left to hash.
func (t *tally) halt() { t.quit.Store(true) }

func (t *tally) run(file io.ReaderAt, sum hash.Hash) (string, error) {
	if sum == nil {
		return "", nil // None: the one word in the mailbox is never read
	}
	buf := make([]byte, 64<<10) // stays in the processor's own cache
	hashed := int64(0)
	for upTo := range t.news {
		for hashed < upTo {
			if t.quit.Load() {
				return "", upload.ErrStopping
			}
			n, err := file.ReadAt(buf[:min(int64(len(buf)), upTo-hashed)], hashed)
			sum.Write(buf[:n])
			hashed += int64(n)
			if err != nil && hashed < upTo {
				return "", fmt.Errorf("read again for the digest: %w", err)
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
