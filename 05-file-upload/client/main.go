// Command client sends files: those named, or one after another from a
// menu.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"slices"

	"example.com/dialtone/05-file-upload/resumable"
)

func main() {
	s := sender{Client: *resumable.NewClient()}
	flag.StringVar(&s.addr, "addr", "127.0.0.1:8080", "`HOST:PORT` to dial")
	dir := flag.String("dir", ".", "the `FOLDER` that the menu lists")
	as := flag.String("as", "", "another `NAME` for the one file")
	flag.IntVar(&s.protocol, "protocol", 2, "1 for an old server, which never answers")
	flag.StringVar(&s.Digest, "digest", s.Digest, "sha256, crc32c or none")
	flag.StringVar(&s.Msg, "msg", "", "a `TEXT` that goes with each file")
	flag.DurationVar(&s.Timeout, "timeout", s.Timeout, "how long to wait for a silent server")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: client [flags] [FILE…]")
		flag.PrintDefaults()
	}
	flag.Parse()
	log.SetFlags(0)
	log.SetPrefix("client: ")
	if s.protocol < 1 || s.protocol > 2 || !slices.Contains(resumable.Digests, s.Digest) || s.Timeout <= 0 || *as != "" && flag.NArg() != 1 {
		log.Print("-protocol is 1 or 2, -digest sha256, crc32c or none, -timeout more than 0, and -as names one FILE")
		os.Exit(2)
	}
	var err error
	if flag.NArg() > 0 {
		err = s.sendAll(flag.Args(), *as)
	} else {
		err = menu(os.Stdin, os.Stdout, *dir, func(path string) error { return s.send(path, "") })
	}
	if err != nil {
		log.Fatal(err)
	}
}
