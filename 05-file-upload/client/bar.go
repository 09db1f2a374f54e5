package main

import (
	"fmt"
	"os"

	"github.com/cheggaaa/pb/v3"
	"github.com/mattn/go-runewidth"

	"golang.org/x/term"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/resumable"
)

// A bar shows how far a file is, on a terminal; elsewhere it is silent.
type bar struct {
	*pb.ProgressBar
	name string
	size int64
	from int64 // where it was resumed: the rate is that of the rest
}

// rest is how many columns the line takes without the name, at most.
// One that is too long for the terminal goes on in the next row, and
// stays there each time that it is drawn anew.
const rest = 64

// set is a Client's Progress.
func (b *bar) set(bytes int64) {
	if b.ProgressBar == nil {
		columns, _, err := term.GetSize(int(os.Stderr.Fd()))
		if err != nil || columns <= rest || b.size == 0 {
			return // no terminal, or one that is too narrow
		}
		b.from = bytes
		b.ProgressBar = template.New(0).SetTotal(b.size).Set(pb.Bytes, true).
			Set(pb.CleanOnFinish, true).Set("title", b.title(columns-rest)).SetCurrent(b.from)
		b.Start()
	}
	b.SetCurrent(bytes)
}

// title is what is sent, in so many columns: a Chinese character has
// two.
func (b *bar) title(columns int) string {
	what := upload.Show(b.name)
	if b.from > 0 {
		what += fmt.Sprintf(" from %v on", resumable.Size(b.from))
	}
	return runewidth.Truncate(what, columns, "…")
}

const template pb.ProgressBarTemplate = `{{string . "title"}} {{counters .}} {{bar .}} {{percent .}} {{speed . "%s/s" "" ""}} {{rtime . "%s left" "" ""}}`

func (b *bar) clear() {
	if b.ProgressBar != nil {
		b.Finish()
	}
}
