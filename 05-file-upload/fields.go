package upload

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"
)

// fields are what a flat JSON object holds, each a string or a
// json.Number.
type fields map[string]any

// Half a surrogate pair, as in \ud800, stands for no character; Python
// writes it for a name that is not UTF-8. Whole is what may look like
// one: a pair, or a backslash that is meant.
var (
	whole = regexp.MustCompile(`\\\\|(?i:\\ud[89ab]..\\ud[c-f]..)`)
	half  = regexp.MustCompile(`(?i:\\ud[89a-f]..)`)
)

// object is stricter than json.Unmarshal, which would take NAME for
// name, the last of two duplicates, and U+FFFD for what is no
// character.
func object(data []byte) (fields, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // a float64 would round what is past 2^53
	first, _ := dec.Token()
	switch {
	case !utf8.Valid(data):
		return nil, bad("not UTF-8: %.40q", data)
	case !json.Valid(data):
		return nil, bad("not JSON: %.40q", data)
	case first != json.Delim('{'):
		return nil, bad("not a JSON object: %.40q", data)
	case half.Match(whole.ReplaceAll(data, nil)):
		return nil, bad("half a character in %.40q", data)
	}
	f := fields{}
	for dec.More() {
		key, _ := dec.Token()
		value, _ := dec.Token()
		if _, twice := f[key.(string)]; twice {
			return nil, bad("%.40q is there twice", key)
		}
		switch value.(type) {
		case string, json.Number:
		default:
			return nil, bad("%.40q is neither text nor a number", key)
		}
		f[key.(string)] = value
	}
	return f, nil
}

// only checks that the fields are those of keys, neither more nor
// fewer.
func (f fields) only(keys ...string) error {
	for _, key := range keys {
		if _, there := f[key]; !there {
			return bad("%s is missing", key)
		}
	}
	for key := range f {
		if !slices.Contains(keys, key) {
			return bad("unknown field %.40q", key)
		}
	}
	return nil
}

// text is a string field. It keeps the first error, as whole does.
func (f fields) text(key string, err *error) string {
	s, ok := f[key].(string)
	if !ok {
		*err = first(*err, bad("%s is not text", key))
	}
	return s
}

// whole is a field that is a whole number of 64 bits: not 1.5, not 1e3.
func (f fields) whole(key string, err *error) int64 {
	number, _ := f[key].(json.Number)
	n, wrong := strconv.ParseInt(number.String(), 10, 64)
	if wrong != nil {
		*err = first(*err, bad("%s is not a whole number of 64 bits", key))
	}
	return n
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
