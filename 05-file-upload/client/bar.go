package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	upload "example.com/dialtone/05-file-upload"
)

// A bar shows how far a file is, on a terminal; elsewhere it is silent.
type bar struct {
	*progressbar.ProgressBar
	name string
	size int64
	from int64 // where it was resumed: the rate is that of the rest
}

// set is a Client's Progress.
func (b *bar) set(bytes int64) {
	if b.ProgressBar == nil {
		if b.size == 0 || !term.IsTerminal(int(os.Stderr.Fd())) {
			return
		}
		b.begin(bytes)
	}
	b.Set64(bytes - b.from)
}

func (b *bar) begin(from int64) {
	what := upload.Show(b.name)
	if b.from = from; from > 0 {
		what += fmt.Sprintf(" from %v on", upload.Size(from))
	}
	b.ProgressBar = progressbar.NewOptions64(max(b.size-from, 1),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionShowBytes(true),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionShowTotalBytes(true),
		progressbar.OptionSetWidth(20),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
}

func (b *bar) clear() {
	if b.ProgressBar != nil {
		b.Clear()
	}
}
