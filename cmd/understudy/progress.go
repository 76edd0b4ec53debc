package main

import (
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// newCountBar shows on a terminal how many of a total have been done.
func newCountBar(w io.Writer, total int, name string) *progressbar.ProgressBar {
	file, isFile := w.(*os.File)
	return progressbar.NewOptions(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(name),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetVisibility(isFile && term.IsTerminal(int(file.Fd()))),
	)
}

// newBytesBar shows on a terminal how many bytes have come of a total, or, if that is
// -1, that there are more and more.
func newBytesBar(w io.Writer, total int64, name string) *progressbar.ProgressBar {
	file, isFile := w.(*os.File)
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(name),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowElapsedTimeOnFinish(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetVisibility(isFile && term.IsTerminal(int(file.Fd()))),
	)
}
