package huntframe_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"example.com/dialtone/04-sticky-packets/exercises/huntframe"
	"example.com/dialtone/docs/grade"
)

func TestHunt(t *testing.T) {
	grade.Hunt(t, func(t *testing.T, n int) { huntframe.Check(t, program(n)) },
		"", "takes what one Read brings of the payload", "trusts any length", "", "takes a frame that is cut for the end",
		"reads ahead, and loses the next frame", "puts the least significant byte first", "gives io.EOF for an empty message",
		"takes what one Read brings of the length", "refuses the longest message that is allowed", "loops for ever where a frame is cut",
		"takes a length that is cut for the end", "reads what is too long before it refuses it")
}

var errTooLong = errors.New("too long")

func program(n int) func(r io.Reader, max uint32) ([]byte, error) {
	return func(r io.Reader, max uint32) ([]byte, error) {
		if n == 5 {
			r = bufio.NewReader(r)
		}
		prefix := make([]byte, 4)
		full := io.ReadFull
		if n == 8 {
			full = func(r io.Reader, p []byte) (int, error) { return r.Read(p) }
		}
		if k, err := full(r, prefix); err != nil {
			if n == 11 && k > 0 {
				err = io.EOF
			}
			return nil, err
		}
		length := binary.BigEndian.Uint32(prefix)
		if n == 6 {
			length = binary.LittleEndian.Uint32(prefix)
		}
		if n == 9 {
			max--
		}
		if n == 12 && length > max {
			if _, err := io.CopyN(io.Discard, r, int64(length)); err != nil {
				return nil, err
			}
		}
		if length > max && n != 2 {
			return nil, errTooLong
		}
		switch n {
		case 1:
			p := make([]byte, length)
			k, err := r.Read(p)
			return p[:k], err
		case 3:
			p, err := io.ReadAll(io.LimitReader(r, int64(length)))
			if err == nil && len(p) < int(length) {
				err = io.ErrUnexpectedEOF
			}
			return p, err
		case 7:
			if length == 0 {
				return nil, io.EOF
			}
		}
		p := make([]byte, length)
		k, err := io.ReadFull(r, p)
		for n == 10 && k < len(p) {
			m, _ := r.Read(p[k:])
			k += m
		}
		if err == io.EOF && n != 4 {
			err = io.ErrUnexpectedEOF
		}
		if n == 4 && err != nil {
			err = io.EOF
		}
		return p, err
	}
}
