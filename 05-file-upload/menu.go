package upload

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Menu lists the files of dir, asks which one to send, sends it, and
// asks again, until the answer is q, in ends or ctx is done: none is an
// error. Nor is a file that send could not send: that is printed.
// (Source, 8.2.)
func Menu(ctx context.Context, in io.Reader, out io.Writer, dir string, send func(path string) error) error {
	lines := make(chan string)
	// Nothing wakes a read from a terminal: it is left behind when ctx
	// ends, and the program with it.
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(in); scan.Scan(); {
			select {
			case lines <- strings.TrimSpace(scan.Text()):
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		files, err := list(out, dir)
		if err != nil {
			return err
		}
		fmt.Fprint(out, "which one (q to leave)? ")
		var line string
		var more bool
		select {
		case line, more = <-lines:
		case <-ctx.Done():
		}
		switch {
		case line == "q":
			return nil
		case !more:
			fmt.Fprintln(out) // nobody has pressed Enter
			return nil
		}
		// Atoi takes the digits of ASCII alone. Python's isdigit lets ² pass
		// for a digit, and int() then fails on it.
		n, err := strconv.Atoi(line)
		switch {
		case errors.Is(err, strconv.ErrSyntax):
			fmt.Fprintln(out, "must be a number")
		case err != nil, n < 1, n > len(files):
			fmt.Fprintln(out, "not in range")
		default:
			if err := send(filepath.Join(dir, files[n-1])); ctx.Err() != nil {
				return err
			} else if err != nil {
				fmt.Fprintln(out, err)
			}
		}
	}
}

// list prints the files of dir, numbered, and gives their names. It
// leaves out folders, pipes, and what has vanished meanwhile.
func list(out io.Writer, dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Show(dir), plain(err))
	}
	var names []string
	for _, entry := range entries {
		is, err := os.Stat(filepath.Join(dir, entry.Name()))
		if err != nil || !is.Mode().IsRegular() {
			continue
		}
		names = append(names, entry.Name())
		fmt.Fprintf(out, "%3d  %10v  %s\n", len(names), Size(is.Size()), Show(entry.Name()))
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no files in %s; choose another folder: -dir FOLDER", Show(dir))
	}
	return names, nil
}
