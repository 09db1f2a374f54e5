package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	upload "example.com/dialtone/05-file-upload"
)

// A bar shows how far a file is, on a terminal; elsewhere it is silent.
type bar struct{ *progressbar.ProgressBar }

func newBar(name string, size int64) bar {
	if !term.IsTerminal(int(os.Stderr.Fd())) || size == 0 {
		return bar{}
	}
	return bar{progressbar.NewOptions64(size,
		progressbar.OptionSetDescription(upload.Show(name)),
		progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionShowBytes(true),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionSetWidth(24),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)}
}

func (b bar) set(bytes int64) {
	if b.ProgressBar != nil {
		b.Set64(bytes)
	}
}

func (b bar) clear() {
	if b.ProgressBar != nil {
		b.Clear()
	}
}
