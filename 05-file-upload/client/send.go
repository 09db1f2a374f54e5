package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/resumable"
)

// A sender sends files, in one of the protocols.
type sender struct {
	resumable.Client
	addr     string
	protocol int
}

// open opens the file at path, to be sent as as, or as it is called.
func open(path, as string) (*upload.Source, string, error) {
	src, err := upload.OpenSource(path)
	if err != nil {
		return nil, "", err
	}
	as = cmp.Or(as, src.Name)
	if err := upload.CheckName(as); err != nil {
		src.Close()
		return nil, "", fmt.Errorf("%w; give it another name: -as NAME", err)
	}
	return src, as, nil
}

// sendAll looks at all the files before it dials for the first one.
func (s *sender) sendAll(paths []string, as string) error {
	for _, path := range paths {
		src, _, err := open(path, as)
		if err != nil {
			return fmt.Errorf("%w (nothing was sent)", err)
		}
		src.Close()
	}
	failed := 0
	for _, path := range paths {
		err := s.send(path, as)
		if len(paths) == 1 {
			return err
		}
		if err != nil {
			failed++
			fmt.Fprintln(os.Stderr, err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d files were not stored", failed, len(paths))
	}
	return nil
}

// send sends one file on a connection of its own: what happens to it
// happens to it alone, and an old server reads only one without mixing.
func (s *sender) send(path, as string) error {
	src, as, err := open(path, as)
	if err != nil {
		return err
	}
	defer src.Close()
	conn, err := net.DialTimeout("tcp", s.addr, s.Timeout)
	if err != nil {
		return fmt.Errorf("%w; is the server running? make server-5", err)
	}
	defer conn.Close()
	bar := &bar{name: as, size: src.Size}
	c := s.Client
	c.Progress = bar.set
	var receipt resumable.Receipt
	if s.protocol == 2 {
		receipt, err = c.Send(conn, src, as)
	} else {
		began := time.Now()
		err = c.Client.Send(conn, src, as)
		receipt = resumable.Receipt{Name: as, Size: src.Size, Took: time.Since(began)}
	}
	bar.clear()
	if err == nil && s.protocol == 1 {
		err = upload.Finish(conn, s.Timeout)
	}
	if err != nil {
		return s.advised(err, upload.Show(as))
	}
	fmt.Println(receipt)
	return nil
}

// advised says of what err is and, where the connection ended in the
// middle of the file, what to do next.
func (s *sender) advised(err error, file string) error {
	_, network := errors.AsType[*net.OpError](err)
	switch {
	case !network && !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, resumable.ErrUnconfirmed):
		return fmt.Errorf("%s: %w", file, err)
	case s.protocol == 1:
		return fmt.Errorf("%s: %w: cut off or refused, protocol 1 cannot tell which; look at the server's line", file, err)
	case s.Digest == resumable.None: // never resumed
		return fmt.Errorf("%s: %w: cut off; send it again", file, err)
	}
	return fmt.Errorf("%s: %w: cut off; send it again, and only what the server lacks will go", file, err)
}
