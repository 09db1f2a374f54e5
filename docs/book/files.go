package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// write puts the whole book into a folder, as files that need no server.
func (b *book) write(dir string) error {
	names := []string{"book.css", "book.js", "search.en.js", "search.zh.js"}
	err := fs.WalkDir(b.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		hidden := name != "." && strings.HasPrefix(d.Name(), ".")
		switch {
		case err != nil:
			return err
		case d.IsDir() && (hidden || d.Name() == "node_modules" || d.Name() == "uploads"):
			return fs.SkipDir
		case d.IsDir() || hidden:
		case strings.HasSuffix(name, ".md"):
			names = append(names, strings.TrimSuffix(name, ".md")+".html")
		case strings.HasSuffix(name, ".svg"):
			names = append(names, name)
		case shown.MatchString(name):
			names = append(names, name+".html")
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		body, _, err := b.file(name, false)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, body, 0o644)); err != nil {
			return err
		}
	}
	start := `<!doctype html><meta charset="utf-8"><title>dialtone</title><meta http-equiv="refresh" content="0;url=README.html"><a href="README.html">dialtone</a>` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte(start), 0o644); err != nil {
		return err
	}
	fmt.Printf("wrote %d files; open %s\n", len(names)+1, filepath.Join(dir, "index.html"))
	return nil
}
