package body_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"example.com/dialtone/05-file-upload/exercises/body"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { body.Body(io.Discard, strings.NewReader(""), 0) })

func copied(t *testing.T, c grade.Case, in io.Reader, n int64) (string, error) {
	var w bytes.Buffer
	err := c.Do(t, func() error { return body.Body(&w, in, n) })
	return w.String(), err
}

func TestBody(t *testing.T) {
	c := grade.Case{Did: "Body(w, r, 300), where r has 300 bytes of file and a header behind them", Means: "exactly n: the last Read must not ask for more than is left"}
	file := strings.Repeat("film", 75)
	r := strings.NewReader(file + "header")
	got, err := copied(t, c, iotest.HalfReader(r), 300)
	c.NoError(t, err)
	c.Bytes(t, "the file", file, got)
	c.True(t, r.Len() == len("header"), "the header, still in r", grade.Count(r.Len(), "byte"))
}

func TestBodyTakesTheLastBytes(t *testing.T) {
	c := grade.Case{Did: "Body(w, r, 4), where r brings its last bytes together with io.EOF", Means: "what a Read brought counts first, and its error after that"}
	got, err := copied(t, c, iotest.DataErrReader(strings.NewReader("film")), 4)
	c.NoError(t, err)
	c.Bytes(t, "the file", "film", got)
}

func TestBodyCut(t *testing.T) {
	for _, came := range []string{"", "half"} {
		c := grade.Case{Did: "Body(w, r, 300), where r ends after \"" + came + "\"", Means: "fewer than n bytes are half a file: io.ErrUnexpectedEOF"}
		_, err := copied(t, c, strings.NewReader(came), 300)
		c.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
	broken := errors.New("the line broke")
	c := grade.Case{Did: "Body(w, r, 300), and r breaks", Means: "the error was dropped, or taken for an end"}
	_, err := copied(t, c, iotest.ErrReader(broken), 300)
	c.ErrorIs(t, err, broken)

	full := errors.New("the disk is full")
	c = grade.Case{Did: "Body(w, r, 4), and w takes nothing", Means: "the error of w was dropped: the file is not whole, and nobody knows"}
	w := &grade.Line{Take: func([]byte) (int, error) { return 0, full }}
	c.ErrorIs(t, c.Do(t, func() error { return body.Body(w, strings.NewReader("film"), 4) }), full)
}
