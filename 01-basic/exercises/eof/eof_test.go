package eof_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"example.com/dialtone/01-basic/exercises/eof"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { eof.ReadAll(&grade.Line{In: strings.NewReader("")}) })

func hear(t *testing.T, c grade.Case, in io.Reader) (string, error) {
	return grade.Get(t, c, func() (string, error) { return eof.ReadAll(&grade.Line{In: in}) })
}

func TestReadAll(t *testing.T) {
	said := strings.Repeat("hello baby~", 500)
	c := grade.Case{
		Did:   "ReadAll(conn); 5,500 bytes come in many pieces, the last of them together with io.EOF",
		Means: "first the bytes, buf[:n], then the error: a Read may bring both; and read on until the error",
	}
	got, err := hear(t, c, iotest.DataErrReader(iotest.HalfReader(strings.NewReader(said))))
	c.NoError(t, err)
	c.Bytes(t, "what was said", said, got)
}

func TestReadAllReturnsOtherErrors(t *testing.T) {
	broken := errors.New("the line broke")
	in := func() io.Reader { return io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(broken)) }
	c := grade.Case{Did: "ReadAll(conn); \"hel\" comes, and then the line breaks", Means: "only io.EOF is a good end"}
	got, err := hear(t, c, in())
	c.ErrorIs(t, err, broken)
	c.Bytes(t, "what came before it", "hel", got)
	c = grade.Case{Did: "the same, with both from one Read", Means: "first the bytes, buf[:n], whatever the error is"}
	got, err = hear(t, c, iotest.DataErrReader(in()))
	c.ErrorIs(t, err, broken)
	c.Bytes(t, "what came with it", "hel", got)
}
