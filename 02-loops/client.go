package loops

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Exchange sends on conn what it reads from in, and writes the answers to
// out, each whole: an answer has as many bytes as the question, so it is
// known how many to wait for. At the end of in it half-closes and reads
// until the server ends too. So nothing is lost, whether in is a keyboard
// or a big file, and at most 16 KiB are under way at a time: neither side
// can fill the other's buffers and wait for ever.
//
// A server that ends before it has answered is io.ErrUnexpectedEOF. A
// question and its answer may take timeout together, which must be above
// 0, else os.ErrDeadlineExceeded. It leaves conn open, and its last
// deadlines set. (The client that source 6.2 owes us.)
func Exchange(conn net.Conn, in io.Reader, out io.Writer, timeout time.Duration) error {
	buf := make([]byte, 16<<10)
	for {
		// A terminal gives a line at a time, a file as much as fits.
		n, err := in.Read(buf)
		if n > 0 {
			if err := exchange(conn, buf[:n], timeout); err != nil {
				return err
			}
			if _, err := out.Write(buf[:n]); err != nil {
				return fmt.Errorf("print the answer: %w", err)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return finish(conn, timeout)
		case err != nil:
			return fmt.Errorf("read the question: %w", err)
		}
	}
}

// exchange sends p on conn and puts the answer in its place.
func exchange(conn net.Conn, p []byte, timeout time.Duration) error {
	conn.SetDeadline(time.Now().Add(timeout))
	if _, err := conn.Write(p); err != nil {
		return err
	}
	// One Read may bring part of the answer; ReadFull brings all of it.
	_, err := io.ReadFull(conn, p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // between questions, but we have asked
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read: %w: the server closed before its answer was whole", err)
	}
	return err
}

// finish ends our half of conn, and waits for the server to end its own.
func finish(conn net.Conn, timeout time.Duration) error {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		if err := half.CloseWrite(); err != nil {
			return err
		}
	}
	conn.SetReadDeadline(time.Now().Add(timeout))
	switch n, err := io.Copy(io.Discard, conn); {
	case err != nil:
		return err
	case n > 0:
		return fmt.Errorf("read: the server sent %d bytes that nobody asked for", n)
	}
	return nil
}
