package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
	"example.com/dialtone/docs/scenes"
)

// recorded gives the plays that the repository keeps, as scripts: a page
// that is a file can load nothing else.
func (b *book) recorded() (map[string][]byte, error) {
	scripts := map[string][]byte{}
	for _, lesson := range scenes.Lessons() {
		f, err := b.root.Open(fmt.Sprintf("docs/figures/%d.jsonl", lesson.N))
		if err != nil {
			return nil, err
		}
		all, err := ladder.Load(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		for len(all) > 0 {
			end := 1
			for end < len(all) && all[end].Kind != ladder.Scene {
				end++
			}
			ev := all[:end]
			all = all[end:]
			sc, err := find(lesson.N, ev[0].Slug, nil)
			if err != nil {
				continue // it cannot be played on this system
			}
			for _, l := range []lang.Lang{lang.English, lang.Chinese} {
				svg, err := picture(ev, l)
				if err != nil {
					return nil, err
				}
				end := b.outcome(sc, ev, l, func(int) (string, int) { return "", 0 })
				end["svg"] = svg
				text, err := json.Marshal(end)
				if err != nil {
					return nil, err
				}
				scripts[fmt.Sprintf("plays/%d-%s.%s.js", lesson.N, sc.Slug, l)] = slices.Concat([]byte("window.bookPlay="), text, []byte(";\n"))
			}
		}
	}
	return scripts, nil
}

// write puts the whole book into a folder, as files that need no server.
func (b *book) write(dir string) error {
	defer b.checks.end()
	names := []string{"book.css", "book.js", "solve.js", "search.en.js", "search.zh.js"}
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
	plays, err := b.recorded()
	if err != nil {
		return err
	}
	for name, body := range plays {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, body, 0o644)); err != nil {
			return err
		}
	}
	start := `<!doctype html><meta charset="utf-8"><title>dialtone</title><meta http-equiv="refresh" content="0;url=README.html"><a href="README.html">dialtone</a>` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte(start), 0o644); err != nil {
		return err
	}
	fmt.Printf("wrote %d files; open %s\n", len(names)+len(plays)+1, filepath.Join(dir, "index.html"))
	return nil
}
