package resumable

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	upload "example.com/dialtone/05-file-upload"
)

// unfinished are the files of the waiting room, by their names, that
// nobody writes.
func (f *Folder) unfinished() map[string]fs.FileInfo {
	files := map[string]fs.FileInfo{}
	entries, _ := fs.ReadDir(f.Root.FS(), upload.Waiting)
	for _, entry := range entries {
		name := path.Join(upload.Waiting, entry.Name())
		info, err := entry.Info()
		if _, busy := f.busy[name]; !busy && err == nil {
			files[name] = info
		}
	}
	return files
}

// idle is how many bytes they have.
func (f *Folder) idle() (n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, info := range f.unfinished() {
		n += info.Size()
	}
	return n
}

// sweep removes from the waiting room what nobody writes and nobody
// will resume. It keeps unfinished files that can be resumed: the
// youngest, up to keep bytes of them. What cannot be removed stays; it
// does no harm.
func (f *Folder) sweep(keep int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var parts []fs.FileInfo
	for name, info := range f.unfinished() {
		if !info.Mode().IsRegular() || !strings.HasSuffix(name, ".part") ||
			time.Since(info.ModTime()) > f.KeepFor || published(f.Root, name, info) {
			f.Root.Remove(name)
			continue
		}
		parts = append(parts, info)
	}
	slices.SortFunc(parts, func(a, b fs.FileInfo) int {
		return b.ModTime().Compare(a.ModTime())
	})
	for i, info := range parts {
		if keep -= info.Size(); i >= f.KeepFiles || keep < 0 {
			f.Root.Remove(path.Join(upload.Waiting, info.Name()))
			keep += info.Size()
		}
	}
}

// trim gives back what a killed server had reserved beyond the end of
// its unfinished files. Their times stay as they were: they tell their
// age.
func (f *Folder) trim() {
	for name, info := range f.unfinished() {
		if !info.Mode().IsRegular() || published(f.Root, name, info) {
			continue
		}
		if in, err := f.Open(name, 0); err == nil {
			in.File.Truncate(info.Size())
			in.File.Close()
			f.Root.Chtimes(name, time.Time{}, info.ModTime())
		}
	}
}
