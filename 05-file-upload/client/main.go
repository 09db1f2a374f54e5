// Command client sends files: those named, or one after another from a
// menu.
package main

import (
	"context"
	"flag"
	"os"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/cli"
)

func main() {
	c := upload.NewClient()
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to dial")
	dir := flag.String("dir", ".", "the `FOLDER` that the menu lists")
	as := flag.String("as", "", "another `NAME` for the one file")
	flag.IntVar(&c.Protocol, "protocol", c.Protocol, "1 for an old server, which never answers")
	flag.StringVar(&c.Digest, "digest", c.Digest, "sha256, crc32c or none")
	flag.StringVar(&c.Msg, "msg", "", "a `WORD` that goes with each file")
	flag.DurationVar(&c.Patience, "patience", c.Patience, "how long to bear with a silent server")
	cli.ClientOf("[FILE…]", "make server-5", func(ctx context.Context) error {
		if err := usage(c, *as, flag.NArg()); err != nil {
			return err
		}
		if flag.NArg() > 0 {
			return sendAll(ctx, c, *addr, *as, flag.Args())
		}
		return upload.Menu(ctx, os.Stdin, os.Stdout, *dir, func(path string) error {
			return explained(send(ctx, c, *addr, "", path))
		})
	})
}
