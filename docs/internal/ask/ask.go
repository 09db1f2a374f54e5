// Package ask asks whoever sits at the keyboard.
package ask

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"example.com/dialtone/docs/internal/lang"
)

// Keyboard is where the answers are typed, and the screen above it.
type Keyboard struct {
	lang.Lang
	In  *bufio.Reader
	Out io.Writer
}

// Number prompts until a number from 1 to n is typed, or Enter alone, which
// is 0. Its error is that of the input, io.EOF where it has ended, or ctx's.
func (k *Keyboard) Number(ctx context.Context, prompt string, n int) (int, error) {
	for {
		fmt.Fprint(k.Out, prompt)
		line, err := k.line(ctx)
		if err != nil || line == "" {
			return 0, err
		}
		if i, err := strconv.Atoi(line); err == nil && i >= 1 && i <= n {
			return i, nil
		}
		fmt.Fprintf(k.Out, k.Pick("%q is none of them.\n", "没有 %q 这个选项。\n"), line)
	}
}

// line waits for a line, or for the end of ctx.
func (k *Keyboard) line(ctx context.Context) (string, error) {
	var err error
	typed := make(chan string, 1)
	go func() {
		var line string
		line, err = k.In.ReadString('\n')
		typed <- line
	}()
	select {
	case line := <-typed:
		return strings.TrimSpace(line), err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
