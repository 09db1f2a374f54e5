package scenes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"time"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/resumable"
)

// bigFile ends the play of lesson 5: an upload that is worth a clock, beside a
// plain copy. Nothing of it is recorded: a wrapped connection would lose
// sendfile and splice.
func (s *stage) bigFile(size resumable.Size) error {
	dir, err := os.MkdirTemp("", "dialtone-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file, other := filepath.Join(dir, "big.bin"), filepath.Join(dir, "copy.bin")
	fmt.Fprintln(s.out)
	if err := s.fill(file, rand.NewChaCha8([32]byte{}), int64(size)); err != nil {
		why := errors.Unwrap(err) // the file is temporary: its name says nothing
		s.Say(fmt.Sprintf("No big file today: %v", why), fmt.Sprintf("今天没有大文件：%v", why))
		return s.ctx.Err()
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr, c := ln.Addr().String(), resumable.NewClient()
	c.Timeout = wait
	var rows [][]string
	var copied time.Duration
	row := func(en, zh string, act func(src *upload.Source) error) error {
		src, err := upload.OpenSource(file)
		if err != nil {
			return err
		}
		defer src.Close()
		began := time.Now()
		err = act(src)
		took := time.Since(began)
		if rows == nil {
			copied = took
		}
		rows = append(rows, []string{s.lang.Pick(en, zh), took.Round(time.Millisecond).String(),
			fmt.Sprintf("%v/s", resumable.Size(float64(size)/took.Seconds())), fmt.Sprintf("%.2f", copied.Seconds()/took.Seconds())})
		return err
	}
	sending := func(send func(net.Conn, *upload.Source) error) func(*upload.Source) error {
		return func(src *upload.Source) error {
			conn, err := new(net.Dialer).DialContext(s.ctx, "tcp", addr)
			if err != nil {
				return err
			}
			defer conn.Close()
			defer context.AfterFunc(s.ctx, func() { conn.Close() })()
			return errors.Join(send(conn, src), upload.Finish(conn, wait))
		}
	}
	err = receiving(s.ctx, dir, ln, func(resumable.Record) {}, func() error {
		return errors.Join(
			row("a plain copy of the file", "直接复制这个文件", func(src *upload.Source) error { return s.fill(other, src.File, int64(size)) }), // the kernel copies, as for cp
			os.Remove(other),
			row("protocol 1", "协议 1", sending(func(conn net.Conn, src *upload.Source) error { return c.Client.Send(conn, src, "1.bin") })),
			row("protocol 2, sha256", "协议 2，sha256", sending(func(conn net.Conn, src *upload.Source) error {
				_, err := c.Send(conn, src, "2.bin")
				return err
			})))
	})
	if err != nil {
		return err
	}
	return s.told("big file", vars{"size": size}, rows)
}

// fill makes the file name of size bytes of from, unless the play ends.
func (s *stage) fill(name string, from io.Reader, size int64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer context.AfterFunc(s.ctx, func() { f.Close() })()
	if _, err = io.CopyN(f, from, size); err == nil {
		err = f.Close()
	}
	return err
}
