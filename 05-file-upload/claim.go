package upload

import "time"

// claim reserves key for one writer. Where another has it, it waits so
// long: a client that comes back may be faster than the news of its
// death.
func (f *Folder) claim(key string, patience time.Duration) bool {
	late := time.After(patience)
	for {
		f.mu.Lock()
		taken, is := f.busy[key]
		if !is {
			f.busy[key] = make(chan struct{})
		}
		f.mu.Unlock()
		if !is {
			return true
		}
		select {
		case <-taken:
		case <-late:
			return false
		}
	}
}

func (f *Folder) release(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.busy[key])
	delete(f.busy, key)
}
