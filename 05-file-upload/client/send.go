package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/cli"
)

// sendAll looks at all the files before it dials for the first one.
func sendAll(ctx context.Context, c *upload.Client, addr, as string, paths []string) error {
	for _, path := range paths {
		src, err := upload.OpenSource(path)
		if err == nil {
			src.Close()
			if as == "" {
				err = upload.CheckName(src.Name)
			}
		}
		if err != nil {
			return fmt.Errorf("%w (nothing was sent)", err)
		}
	}
	failed := 0
	for _, path := range paths {
		err := send(ctx, c, addr, as, path)
		if ctx.Err() != nil || len(paths) == 1 {
			return err
		}
		if err != nil {
			failed++
			fmt.Fprintln(os.Stderr, explained(err))
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d files were not stored", failed, len(paths))
	}
	return nil
}

// send sends one file on a connection of its own: what happens to it
// happens to it alone, and an old server reads only one without mixing.
func send(ctx context.Context, c *upload.Client, addr, as, path string) error {
	src, err := upload.OpenSource(path)
	if err != nil {
		return err
	}
	defer src.Close()
	if as == "" {
		as = src.Name
	}
	dialer := net.Dialer{Timeout: c.Patience}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	each := *c
	bar := newBar(as, src.Size)
	each.Progress = bar.set
	receipt, err := each.Send(conn, src, as)
	if err == nil {
		err = upload.HangUp(conn, c.Patience)
		if receipt.Stored {
			err = nil
		}
	}
	bar.clear()
	if err == nil {
		fmt.Println(receipt)
	}
	return err
}

// explained is err in the words of a program's last line.
func explained(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(cli.Explain(err, "make server-5"))
}
