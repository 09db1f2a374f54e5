package upload

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// sweep removes from the waiting room what nobody writes and nobody
// will resume. It keeps unfinished files that can be resumed: the
// youngest, up to keep bytes of them. What cannot be removed stays; it
// does no harm.
func (f *Folder) sweep(keep int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	entries, err := fs.ReadDir(f.root.FS(), waiting)
	if err != nil {
		return
	}
	var parts []fs.FileInfo
	for _, entry := range entries {
		name := path.Join(waiting, entry.Name())
		info, err := entry.Info()
		if _, busy := f.busy[name]; busy || err != nil {
			continue
		}
		if !info.Mode().IsRegular() || !strings.HasSuffix(name, ".part") ||
			time.Since(info.ModTime()) > f.KeepFor || published(f.root, name, info) {
			f.root.Remove(name)
			continue
		}
		parts = append(parts, info)
	}
	slices.SortFunc(parts, func(a, b fs.FileInfo) int {
		return b.ModTime().Compare(a.ModTime())
	})
	for i, info := range parts {
		if keep -= info.Size(); i >= f.KeepFiles || keep < 0 {
			f.root.Remove(path.Join(waiting, info.Name()))
			keep += info.Size()
		}
	}
}

// trim gives back what a killed server had reserved beyond the end of
// its unfinished files. Their times stay as they were: they tell their
// age.
func (f *Folder) trim() {
	entries, err := fs.ReadDir(f.root.FS(), waiting)
	if err != nil {
		return
	}
	for _, entry := range entries {
		name := path.Join(waiting, entry.Name())
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || published(f.root, name, info) {
			continue
		}
		if file, err := f.root.OpenFile(name, os.O_WRONLY, 0); err == nil {
			file.Truncate(info.Size())
			file.Close()
			f.root.Chtimes(name, time.Time{}, info.ModTime())
		}
	}
}
