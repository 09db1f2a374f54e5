package loops

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Ask says on conn what it reads from in, and writes the answers to out,
// each whole: an answer has as many bytes as the question, so Ask knows
// how many to wait for. At the end of in it half-closes and listens until
// the server hangs up too. So nothing is lost, whether in is a keyboard or
// a big file, and at most 16 KiB are under way at a time: neither side can
// fill the other's buffers and wait for ever.
//
// A server that hangs up before it has answered is io.ErrUnexpectedEOF,
// one whose answer takes longer than patience a timeout: that is one
// deadline for a whole question and its answer. It leaves conn open.
// (The client that source 6.2 owes us.)
func Ask(conn net.Conn, in io.Reader, out io.Writer, patience time.Duration) error {
	buf := make([]byte, 16<<10)
	for {
		// A terminal gives a line at a time, a file as much as fits.
		n, err := in.Read(buf)
		if n > 0 {
			if err := ask(conn, buf[:n], patience); err != nil {
				return err
			}
			if _, err := out.Write(buf[:n]); err != nil {
				return fmt.Errorf("print: %w", err)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return goodbye(conn, patience)
		case err != nil:
			return fmt.Errorf("read the question: %w", err)
		}
	}
}

// ask says p on conn and puts the answer in its place.
func ask(conn net.Conn, p []byte, patience time.Duration) error {
	conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write(p); err != nil {
		return fmt.Errorf("speak: %w", err)
	}
	// One Read may bring part of the answer; ReadFull brings all of it.
	_, err := io.ReadFull(conn, p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // between questions, but we have asked
	}
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}

// goodbye says that we have said all, and waits for the same from there.
func goodbye(conn net.Conn, patience time.Duration) error {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		if err := half.CloseWrite(); err != nil {
			return fmt.Errorf("half-close: %w", err)
		}
	}
	conn.SetReadDeadline(time.Now().Add(patience))
	switch n, err := io.Copy(io.Discard, conn); {
	case err != nil:
		return fmt.Errorf("listen: %w", err)
	case n > 0:
		return fmt.Errorf("the server said %d bytes that nobody asked for", n)
	}
	return nil
}
