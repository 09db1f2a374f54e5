package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/resumable"
)

// many times n clients at once, 10 MiB each, against one client that sends
// the same bytes: as the same n files, one after another.
func many(ctx context.Context, work string, n, rounds int) error {
	const each = 10 << 20
	b := &bench{work: work, src: filepath.Join(work, "source"), size: each}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	addr, _ := free()
	out := filepath.Join(work, "out")
	c := resumable.NewClient()
	c.Timeout = time.Minute
	for _, proto := range []struct {
		name string
		send sending
	}{
		{"protocol 1", c.Client.Send},
		{"protocol 2, sha256", func(conn net.Conn, src *upload.Source, as string) error {
			_, err := c.Send(conn, src, as)
			return err
		}},
	} {
		var ones, alls, ratios []float64
		for range rounds {
			var took [2]time.Duration
			for i, atOnce := range []int{1, n} {
				os.RemoveAll(out)
				settle()
				server := command(ctx, filepath.Join(work, "server"), "-addr", addr, "-dir", out, "-sync=false")
				var err error
				took[i], err = serving(server, addr, func() (time.Duration, error) { return crowd(proto.send, addr, b.src, n, atOnce) })
				if err != nil {
					return err
				}
				stored, err := filepath.Glob(filepath.Join(out, "file *"))
				if err != nil || len(stored) != n {
					return fmt.Errorf("%d files of %d are stored: %w", len(stored), n, err)
				}
				for _, path := range stored {
					if err := same(path, b.src); err != nil {
						return err
					}
				}
			}
			ones, alls = append(ones, took[0].Seconds()), append(alls, took[1].Seconds())
			ratios = append(ratios, took[1].Seconds()/took[0].Seconds())
		}
		fmt.Printf("%s: %d files of 10 MiB: by one client %.2fs, by %d at once %.2fs, %.2f times as long (at most 1.50)\n",
			proto.name, n, median(ones), n, median(alls), median(ratios))
	}
	return nil
}

// sending sends one file.
type sending func(conn net.Conn, src *upload.Source, as string) error

// crowd sends n files by so many clients at once.
func crowd(send sending, addr, src string, n, atOnce int) (time.Duration, error) {
	names := make(chan int, n)
	for i := range n {
		names <- i
	}
	close(names)
	errs := make([]error, atOnce)
	var all sync.WaitGroup
	began := time.Now()
	for k := range atOnce {
		all.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				errs[k] = err
				return
			}
			defer conn.Close()
			for i := range names {
				file, err := upload.OpenSource(src)
				if err == nil {
					err = errors.Join(send(conn, file, fmt.Sprintf("file %d", i)), file.Close())
				}
				if err != nil {
					errs[k] = err
					return
				}
			}
			errs[k] = upload.Finish(conn, time.Minute)
		})
	}
	all.Wait()
	return time.Since(began), errors.Join(errs...)
}

func same(a, b string) error {
	x, err := os.ReadFile(a)
	y, err2 := os.ReadFile(b)
	if err = errors.Join(err, err2); err == nil && !bytes.Equal(x, y) {
		err = fmt.Errorf("%s differs from what was sent", filepath.Base(a))
	}
	return err
}
