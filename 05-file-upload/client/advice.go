package main

import (
	"errors"
	"fmt"
	"io"
	"net"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/internal/cli"
)

// advised is the end of a connection in the middle of a file, and what
// to do next.
func advised(err error, c *upload.Client, as string) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.ErrUnexpectedEOF // without the name, which comes first here
	}
	what, why := upload.Show(as), explained(err)
	switch {
	case c.Protocol == 1:
		return fmt.Errorf("%s was cut off or refused, protocol 1 cannot tell which: %w; look at the server's line", what, why)
	case c.Digest == upload.None: // never resumed
		return fmt.Errorf("%s was cut off: %w; send it again", what, why)
	}
	return fmt.Errorf("%s was cut off: %w; send it again, and only the rest will go", what, why)
}

// broken is the end of a connection, and not an answer.
func broken(err error) bool {
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, io.ErrUnexpectedEOF)
}

// explained is err in the words of a program's last line.
func explained(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(cli.Explain(err, "make server-5"))
}
