// Command client sends files: those named, or one after another from a
// menu.
package main

import (
	"context"
	"flag"
	"os"
	"slices"

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
		switch {
		case c.Protocol != 1 && c.Protocol != 2:
			return cli.Usage("-protocol is 1 or 2")
		case !slices.Contains(upload.Digests, c.Digest):
			return cli.Usage("-digest is sha256, crc32c or none")
		case *as != "" && flag.NArg() != 1:
			return cli.Usage("-as names one FILE")
		case flag.NArg() > 0:
			return sendAll(ctx, c, *addr, *as, flag.Args())
		}
		return upload.Menu(ctx, os.Stdin, os.Stdout, *dir, func(path string) error {
			return explained(send(ctx, c, *addr, "", path))
		})
	})
}
