package scenes

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	upload "example.com/dialtone/05-file-upload"
	"example.com/dialtone/docs/internal/lang"
	"example.com/dialtone/docs/ladder"
)

// figuresDir is where the chapters' figures live, seen from the top of the
// repository.
const figuresDir = "docs/figures"

// keep writes the files that the flags ask for.
func keep(o *options, ev []ladder.Event) error {
	if o.svg != "" {
		if err := picture(o.svg, ev, *o.lang); err != nil {
			return err
		}
	}
	if o.json != "" {
		return create(o.json, func(w io.Writer) error { return ladder.Save(w, ev) })
	}
	return nil
}

func picture(name string, ev []ladder.Event, l lang.Lang) error {
	return create(name, func(w io.Writer) error { return ladder.SVG(w, ev, l) })
}

// creatable says before the play whether a file can be written after it.
func creatable(name string) error {
	if name == "" {
		return nil
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return fmt.Errorf("cannot write %s: it is a folder", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".play-*")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, upload.Plain(err))
	}
	f.Close()
	return os.Remove(f.Name())
}

// create writes a file whole or not at all: it has its name only when all
// of it is there.
func create(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".play-*")
	if err == nil {
		defer os.Remove(f.Name()) // what could not be finished
		if err = write(f); err == nil {
			err = f.Close()
		}
		f.Close()
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, upload.Plain(err))
	}
	return nil
}

// pictured are the scenes of which the chapters show the segments.
var pictured = []string{
	"1-kernel-answers", "1-nobody-listens",
	"2-hang-up", "2-slam-unread", "2-slam-linger", "2-half-close", "2-write-after-hang-up",
	"3-server-first", "3-client-first", "4-glued",
	"1-syn-lost", "2-cable-pulled", "3-last-ack-lost", "4-nagle", "4-full-window", "5-segment-lost",
}

// figures plays lessons and keeps each as N.jsonl, and each of its scenes drawn
// in both languages as N-slug.svg and N-slug.zh-CN.svg. With segments the
// recording is N-segments.jsonl, and the pictures are those of pictured.
func (s *stage) figures(dir string, chosen []Lesson) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("no folder %s here: run it at the top of the repository", dir)
	}
	out := s.out
	s.out, s.pace = io.Discard, 0
	for _, l := range chosen {
		s.done = nil
		scenes, err := l.Scenes(s.ctx)
		if err == nil {
			err = s.perform(l, scenes)
		}
		if err != nil {
			return fmt.Errorf("lesson %d: %w", l.N, err)
		}
		base := filepath.Join(dir, strconv.Itoa(l.N))
		recording := base + ".jsonl"
		if s.tap != nil {
			recording = segmentsFile(l.N)
		}
		if err := keep(&options{json: recording}, s.events()); err != nil {
			return err
		}
		for _, ev := range s.done {
			name := base + "-" + ev[0].Slug
			if (s.tap != nil) != slices.Contains(pictured, filepath.Base(name)) {
				continue
			}
			if err := errors.Join(picture(name+".svg", ev, lang.English), picture(name+".zh-CN.svg", ev, lang.Chinese)); err != nil {
				return err
			}
			fmt.Fprintln(out, name)
		}
	}
	return nil
}
