package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"slices"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/cli"
)

// usage is an error if the flags make no sense.
func usage(c *upload.Client, as string, files int) error {
	switch {
	case c.Protocol != 1 && c.Protocol != 2:
		return cli.Usage("-protocol is 1 or 2")
	case !slices.Contains(upload.Digests, c.Digest):
		return cli.Usage("-digest is sha256, crc32c or none")
	case c.Patience <= 0:
		return cli.Usage("-patience must be more than 0")
	case as != "" && files != 1:
		return cli.Usage("-as names one FILE")
	}
	return nil
}

func checkName(name string) error {
	if err := upload.CheckName(name); err != nil {
		return fmt.Errorf("%w; give it another name: -as NAME", err)
	}
	return nil
}

// sendAll looks at all the files before it dials for the first one.
func sendAll(ctx context.Context, c *upload.Client, addr, as string, paths []string) error {
	for _, path := range paths {
		src, err := upload.OpenSource(path)
		if err == nil {
			src.Close()
			err = checkName(cmp.Or(as, src.Name))
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
	as = cmp.Or(as, src.Name)
	if err := checkName(as); err != nil {
		return err
	}
	dialer := net.Dialer{Timeout: c.Patience}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	each, bar := *c, &bar{name: as, size: src.Size}
	each.Progress = bar.set
	receipt, err := each.Send(conn, src, as)
	bar.clear()
	if err == nil && !receipt.Stored {
		err = upload.HangUp(conn, c.Patience)
	}
	if err == nil {
		fmt.Println(receipt)
	}
	if ctx.Err() != nil || !broken(err) {
		return err
	}
	return advised(err, c, as)
}
