package resumable_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"time"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/resumable"
)

// A server and a client, as a program of your own would have them.
func Example() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	folder, err := resumable.OpenFolder(filepath.Join(dir, "uploads"))
	if err != nil {
		log.Fatal(err)
	}
	defer folder.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- resumable.NewServer(folder).Serve(ctx, ln) }()

	film := filepath.Join(dir, "film.mp4")
	if err := os.WriteFile(film, []byte("a very short film"), 0o666); err != nil {
		log.Fatal(err)
	}
	src, err := upload.OpenSource(film)
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	receipt, err := resumable.NewClient().Send(conn, src, src.Name)
	if err != nil {
		log.Fatal(err)
	}
	upload.Finish(conn, time.Second)
	fmt.Println(receipt.Name, receipt.Size, receipt.Stored)

	stop()
	fmt.Println(<-served)
	// Output:
	// film.mp4 17 true
	// <nil>
}
