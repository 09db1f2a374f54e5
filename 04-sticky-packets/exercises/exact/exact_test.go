package exact_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"example.com/dialtone/04-sticky-packets/exercises/exact"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { exact.Exactly(&grade.Line{In: strings.NewReader("")}, 1) })

func read(t *testing.T, c grade.Case, in io.Reader, n int) ([]byte, error) {
	return grade.Get(t, c, func() ([]byte, error) { return exact.Exactly(&grade.Line{In: in}, n) })
}

func TestExactly(t *testing.T) {
	c := grade.Case{Did: "Exactly(conn, 5) of \"hello baby~\", which comes in pieces", Means: "one Read brings what is there: io.ReadFull reads on until the buffer is full"}
	in := strings.NewReader("hello baby~")
	got, err := read(t, c, iotest.HalfReader(in), 5)
	c.NoError(t, err)
	c.Bytes(t, "the bytes", "hello", string(got))
	c.Usually("more was taken than was asked for: it belongs to whoever reads next").Bytes(t, "what is left", " baby~", "hello baby~"[11-in.Len():])
	c = grade.Case{Did: "Exactly(conn, 5); one Read brings \"hello\" and the end"}
	_, err = read(t, c, iotest.DataErrReader(strings.NewReader("hello")), 5)
	c.Usually("a Read may bring the last bytes together with io.EOF: count them before you look at the error").NoError(t, err)
}

func TestExactlyOfNothing(t *testing.T) {
	c := grade.Case{Did: "Exactly(conn, 0)", Means: "nothing is asked for: that is no end"}
	_, err := read(t, c, strings.NewReader(""), 0)
	c.NoError(t, err)
}

func TestExactlyCut(t *testing.T) {
	for _, came := range []string{"", "hel"} {
		c := grade.Case{Did: "Exactly(conn, 5); \"" + came + "\" comes, and then the end", Means: "fewer than n are no success, and io.EOF would say that nothing was cut"}
		got, err := read(t, c, strings.NewReader(came), 5)
		c.ErrorIs(t, err, io.ErrUnexpectedEOF)
		c.Bytes(t, "what had come", came, string(got))
		broken := errors.New("the line broke")
		c = grade.Case{Did: "the same, and then the line breaks", Means: "only an end is a cut: any other error comes as it is"}
		_, err = read(t, c, io.MultiReader(strings.NewReader(came), iotest.ErrReader(broken)), 5)
		c.ErrorIs(t, err, broken)
	}
}
