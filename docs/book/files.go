package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"

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
		for _, ev := range ladder.Scenes(all) {
			sc, err := find(lesson.N, ev[0].Slug, nil)
			if err != nil {
				continue // it cannot be played on this system
			}
			for _, l := range []lang.Lang{lang.English, lang.Chinese} {
				svg, err := picture(ev, l)
				if err != nil {
					return nil, err
				}
				end := b.outcome(sc, ev, l)
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

// links are what a page leads to on this site.
var links = regexp.MustCompile(`(?:href|src)="([^"#:]+)[^":]*"`)

// write puts the book into a folder, as files that need no server: its first
// page, and whatever can be reached from there.
func (b *book) write(dir string) error {
	defer b.checks.end()
	files, err := b.recorded()
	if err != nil {
		return err
	}
	files["index.html"] = []byte(`<!doctype html><meta charset="utf-8"><title>dialtone</title><meta http-equiv="refresh" content="0;url=README.html"><a href="README.html">dialtone</a>` + "\n")
	for todo := []string{"README.html", "search.en.js", "search.zh.js"}; len(todo) > 0; todo = todo[1:] {
		name := todo[0]
		if _, there := files[name]; there {
			continue
		}
		if files[name], err = b.file(name, false); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if path.Ext(name) != ".html" {
			continue
		}
		for _, m := range links.FindAllSubmatch(files[name], -1) {
			todo = append(todo, path.Join(path.Dir(name), string(m[1])))
		}
	}
	for name, body := range files {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, body, 0o644)); err != nil {
			return err
		}
	}
	fmt.Printf("wrote %d files; open %s\n", len(files), filepath.Join(dir, "index.html"))
	return nil
}
