// Play plays a lesson: both ends in one process, on ports that are free,
// drawn as a ladder while it happens.
//
//	go run ./docs/play [flags] LESSON [the lesson's flags…]
//	go run ./docs/play -from FILE.jsonl
//	go run ./docs/play error [NAME]
//	go run ./docs/play explain LINE…
//
// It ends by itself. -h lists the flags.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/fatih/color"
	"golang.org/x/term"
)

func main() {
	// With | head, a Write fails with EPIPE instead of killing the program:
	// it ends in order, without a word.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills at once
	var out io.Writer = os.Stdout
	colour := term.IsTerminal(int(os.Stdout.Fd())) &&
		os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if colour {
		out = color.Output // on Windows, it turns ANSI on
	}
	os.Exit(play(ctx, os.Args[1:], out, os.Stderr, colour))
}
