package docs

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a reader copies. Each row compiles alone, in an empty module, and is
// made of the standard library; only the options of a socket, which has twins
// by system, need golang.org/x/sys.
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
	own(t, out, "alone")
	for i, row := range copied {
		folder := filepath.Join(out, strconv.Itoa(i+1))
		require.NoError(t, os.Mkdir(folder, 0o755))
		for pattern := range strings.FieldsSeq(row) {
			found, err := filepath.Glob(filepath.Join(root(t), pattern))
			require.NoError(t, err)
			require.NotEmpty(t, found, pattern)
			for _, file := range found {
				text, err := os.ReadFile(file)
				require.NoError(t, err)
				name := filepath.Base(file)
				if !strings.HasSuffix(name, "_test.go") {
					require.NoError(t, os.WriteFile(filepath.Join(folder, name), text, 0o644))
				}
				if !strings.HasPrefix(name, "options") {
					require.NotContains(t, string(text), `"golang.org/x/sys/`, file)
				}
			}
		}
	}
	goAlone(t, out, "build", "-mod=mod", "./...") // the folder of an error is the row that it is about
}

// One text, one place.
func TestNoFileStandsTwice(t *testing.T) {
	first := map[string]string{}
	files(t, ".", func(rel string, text []byte) {
		if !strings.HasSuffix(rel, ".go") || strings.Contains(rel, "/testdata/") {
			return
		}
		if other, ok := first[string(text)]; ok {
			t.Errorf("%s is %s once more", rel, other)
		}
		first[string(text)] = rel
	})
}

// Every folder of docs/ is on the map.
func TestMapOfDocs(t *testing.T) {
	for _, page := range []string{"README.md", "README.zh-CN.md"} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, file := range tracked(t) {
			if part := strings.Split(file, "/"); part[0] == "docs" && len(part) > 2 && part[1] != "testdata" {
				require.Contains(t, string(text), "| `"+part[1]+"/` |", "docs/%s has a line for each folder of docs/", page)
			}
		}
	}
}
