package scenes

import (
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strings"

	"example.com/dialtone/docs/internal/lang"
)

// The scenes' own words are in words.txt: for each its title (=), the question
// (?) with its answers (-) and the heading of the chapter to read again (@), and
// what is said at the end (>), above a table (|) and below it (<): a line in
// English and one in Chinese.
//
//go:embed words.txt
var words string

// vars are what stands in words.txt as $name; a [Text] is one in each language.
type vars map[string]any

// wordsOf are the texts about a scene, by their signs.
func wordsOf(slug string, v vars) map[string][]Text {
	put := func(line string, l lang.Lang) string {
		return os.Expand(line[2:], func(name string) string {
			if t, ok := v[name].(Text); ok {
				return t.In(l)
			}
			return fmt.Sprint(v[name])
		})
	}
	_, block, _ := strings.Cut(words, "# "+slug+"\n")
	block, _, _ = strings.Cut(block, "\n\n")
	all := map[string][]Text{}
	for pair := range slices.Chunk(strings.Split(strings.TrimSpace(block), "\n"), 2) {
		sign := pair[0][:1]
		all[sign] = append(all[sign], Text{put(pair[0], lang.English), put(pair[1], lang.Chinese)})
	}
	return all
}

// scene has its words from words.txt; right judges the question.
func scene(slug string, v vars, act action, right judge) Scene {
	w := wordsOf(slug, v)
	sc := Scene{Slug: slug, Title: w["="][0], act: act}
	if w["?"] != nil {
		sc.Ask = &Question{w["?"][0], w["-"], right, w["@"][0]}
	}
	if w[">"] != nil {
		return sc.finds(func(*stage) vars { return v })
	}
	return sc
}

// finds is for a scene whose last words say what was found.
func (sc Scene) finds(found func(s *stage) vars) Scene {
	sc.after = func(s *stage) error { return s.told(sc.Slug, found(s), nil) }
	return sc
}

// told says what words.txt has for the end, and shows rows in its table.
func (s *stage) told(slug string, v vars, rows [][]string) (err error) {
	w := wordsOf(slug, v)
	for _, t := range w[">"] {
		err = s.Say(t.En, t.Zh)
	}
	if rows != nil {
		err = s.Table(w["|"][0], rows)
	}
	for _, t := range w["<"] {
		err = s.Say(t.En, t.Zh)
	}
	return err
}

// list is told, of what is no scene.
func (s *stage) list(slug string, v vars, rows [][]string) error {
	fmt.Fprintln(s.out)
	return s.told(slug, v, rows)
}
