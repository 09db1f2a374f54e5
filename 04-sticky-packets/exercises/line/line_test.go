package line_test

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"example.com/dialtone/04-sticky-packets/exercises/line"
	"example.com/dialtone/docs/grade"
)

var _ = grade.Stub(func() { line.Line(bufio.NewReader(strings.NewReader(""))) })

func TestLine(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	r := bufio.NewReader(io.MultiReader(strings.NewReader("one\n\n"+long+"\n你好 \xff\r\ncut"), iotest.ErrReader(io.EOF)))
	for _, want := range []struct {
		line  string
		err   error
		means string
	}{
		{"one", nil, "the newline is not part of the line"},
		{"", nil, "an empty line is a line"},
		{long, nil, "a line may be longer than a buffer: r.ReadString('\\n')"},
		{"你好 \xff\r", nil, "all but the newline is part of the line, byte for byte (string(b) makes a character of a byte)"},
		{"cut", io.ErrUnexpectedEOF, "a line without its end was cut off"},
		{"", io.EOF, "the end between two lines is a good one: io.EOF"},
	} {
		c := grade.Case{Did: "Line(r) of \"one\\n\\n\", a line of 10,000 bytes, \"你好 \\xff\\r\\ncut\"", Means: want.means}
		got, err := grade.Get(t, c, func() (string, error) { return line.Line(r) })
		c.Bytes(t, "the line", want.line, got)
		c.True(t, errors.Is(err, want.err), grade.Describe(want.err), grade.Describe(err))
	}
	broken := errors.New("the line broke")
	c := grade.Case{Did: "Line(r), where \"hel\" comes, and then the line breaks", Means: "only io.EOF is a cut: any other error comes as it is"}
	_, err := grade.Get(t, c, func() (string, error) {
		return line.Line(bufio.NewReader(io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(broken))))
	})
	c.ErrorIs(t, err, broken)
}
