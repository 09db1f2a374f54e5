package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/05-file-upload/resumable"
)

// menu lists the files of dir, asks which one to send, sends it, and
// asks again, until the answer is q or in ends: neither is an error.
// Nor is a file that send could not send: that is printed. (Source,
// 8.2.)
func menu(in io.Reader, out io.Writer, dir string, send func(path string) error) error {
	scan := bufio.NewScanner(in)
	for {
		files, err := list(out, dir)
		if err != nil {
			return err
		}
		fmt.Fprint(out, "which one (q to leave)? ")
		if !scan.Scan() {
			fmt.Fprintln(out) // nobody has pressed Enter
			return scan.Err()
		}
		line := strings.TrimSpace(scan.Text())
		if line == "q" {
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
			if err := send(filepath.Join(dir, files[n-1])); err != nil {
				fmt.Fprintln(out, err)
			}
		}
	}
}

// list prints the files of dir, numbered, and returns their names. It
// leaves out folders, pipes, and what has vanished meanwhile.
func list(out io.Writer, dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", upload.Show(dir), upload.Plain(err))
	}
	var names []string
	for _, entry := range entries {
		is, err := os.Stat(filepath.Join(dir, entry.Name()))
		if err != nil || !is.Mode().IsRegular() {
			continue
		}
		names = append(names, entry.Name())
		fmt.Fprintf(out, "%3d  %10v  %s\n", len(names), resumable.Size(is.Size()), upload.Show(entry.Name()))
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no files in %s; choose another folder: -dir FOLDER", upload.Show(dir))
	}
	return names, nil
}
