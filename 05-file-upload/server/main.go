// Command server receives files into a folder, from many clients.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/cli"
)

func main() {
	s := upload.NewServer(nil)
	addr := flag.String("addr", "127.0.0.1:8080", "`HOST:PORT` to listen at; port 0 picks a free one")
	dir := flag.String("dir", "uploads", "the `FOLDER` where files land")
	sync := flag.Bool("sync", true, "have a file on the disk itself before it counts as stored")
	flag.Var((*upload.Size)(&s.MaxSize), "max-size", "the largest file, such as `8GiB`")
	flag.Var((*upload.Size)(&s.LowestRate), "min-rate", "cut off who sends less a second, such as `64KiB`")
	flag.IntVar(&s.MaxConns, "max-conns", s.MaxConns, "clients served at once; the next one waits")
	flag.DurationVar(&s.Idle, "idle", s.Idle, "cut off who is silent for so long")
	flag.DurationVar(&s.Grace, "grace", s.Grace, "how long files under way may go on after Ctrl-C")
	cli.Server(func(ctx context.Context) (err error) {
		if s.MaxConns < 1 || s.Idle <= 0 || s.Grace < 0 {
			return cli.Usage("-max-conns and -idle must be more than 0, -grace not less")
		}
		if s.Folder, err = upload.OpenFolder(*dir); err != nil {
			return err
		}
		s.Folder.NoSync, s.Folder.KeepBytes = !*sync, s.MaxSize
		s.Report = func(r upload.Record) { fmt.Println(r) }
		ln, err := net.Listen("tcp", *addr)
		if err == nil {
			fmt.Println("listening on", ln.Addr())
			err = s.Serve(ctx, ln)
		}
		return err
	})
}
