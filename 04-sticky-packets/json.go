package sticky

import (
	"encoding/json"
	"io"
	"iter"
)

// JSON is a stream of JSON values, one after the other: their own brackets
// say where they end. The decoder has no limit, so max bytes a value (give
// or take what it has read ahead) is ours; and it reads ahead, so r is its
// alone. Let the values be objects: where r ends inside a number, 12 of
// 1234, that is a number too.
func JSON[T any](r io.Reader, max int64) iter.Seq2[T, error] {
	rationed := &ration{r: r}
	values := json.NewDecoder(rationed)
	return func(yield func(T, error) bool) {
		for {
			var v T
			rationed.left = max
			err := values.Decode(&v)
			if err == io.EOF {
				return
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// A ration is how much of r one value may take. An io.LimitedReader ends
// with io.EOF, and a number cut by the limit would look whole.
type ration struct {
	r    io.Reader
	left int64
}

func (l *ration) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, ErrTooLarge
	}
	n, err := l.r.Read(p[:min(l.left, int64(len(p)))])
	l.left -= int64(n)
	return n, err
}
