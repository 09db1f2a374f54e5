package docs

import (
	"errors"
	"go/build"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a reader copies. Each row compiles alone, in an empty module. A pattern
// brings the twins by system along.
var copied = []string{
	"01-basic/server.go",
	"01-basic/client.go",
	"02-loops/server.go",
	"03-reuseaddr/listen.go 03-reuseaddr/options*.go",
	"04-sticky-packets/frame.go",
	"05-file-upload/header.go",
	"05-file-upload/name.go",
	"05-file-upload/store.go",
}

func TestOneFileAlone(t *testing.T) {
	out := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(out, "go.mod"), []byte("module alone\n\ngo 1.26\n"), 0o644))
	for i, row := range copied {
		folder := filepath.Join(out, strconv.Itoa(i+1))
		require.NoError(t, os.Mkdir(folder, 0o755))
		for pattern := range strings.FieldsSeq(row) {
			found, err := filepath.Glob(filepath.Join(root(t), pattern))
			require.NoError(t, err)
			if len(found) == 0 {
				t.Logf("there is no %s yet", pattern) // to be an error once every lesson has its file
			}
			for _, file := range found {
				if text, err := os.ReadFile(file); !strings.HasSuffix(file, "_test.go") {
					require.NoError(t, errors.Join(err, os.WriteFile(filepath.Join(folder, filepath.Base(file)), text, 0o644)))
				}
			}
		}
	}
	goAlone(t, out, "build", "./...") // the folder of an error is the row that it is about
}

// One text, one place.
func TestNoFileStandsTwice(t *testing.T) {
	first := map[string]string{}
	files(t, root(t), func(rel string, text []byte) {
		if !strings.HasSuffix(rel, ".go") || strings.Contains(rel, "/testdata/") {
			return
		}
		if other, ok := first[string(text)]; ok {
			t.Errorf("%s is %s once more", rel, other)
		}
		first[string(text)] = rel
	})
}

// A folder is small enough to find something in it: tests and twins by system
// are not counted.
func TestFewSourcesInAFolder(t *testing.T) {
	const most = 12
	for _, dir := range lessons(t) {
		portable := map[string]int{} // by folder
		files(t, dir, func(rel string, _ []byte) {
			if strings.HasSuffix(rel, ".go") && !strings.HasSuffix(rel, "_test.go") && everywhere(t, rel) {
				portable[path.Dir(rel)]++
			}
		})
		for folder, n := range portable {
			if n > most {
				t.Errorf("%s has %d sources; %d at most", folder, n, most)
			}
		}
	}
}

// everywhere reports whether a source is compiled on every system.
func everywhere(t *testing.T, rel string) bool {
	t.Helper()
	for _, system := range []string{"linux", "darwin", "windows"} {
		ctx := build.Default
		ctx.GOOS = system
		ok, err := ctx.MatchFile(filepath.Join(root(t), path.Dir(rel)), path.Base(rel))
		require.NoError(t, err)
		if !ok {
			return false
		}
	}
	return true
}
