// The mistake: the text of the error is searched.
//
// rejected by: TestExplainReadsNoText: "what an error says is for people"
package explain

import "strings"

func Explain(err error) (string, error) {
	if err == nil {
		return "ok", nil
	}
	text := err.Error()
	for _, c := range []struct{ words, name string }{
		{"use of closed", "closed here"},
		{"refused", "refused"},
		{"in use", "in use"},
		{"reset", "reset"},
		{"broken pipe", "broken pipe"},
		{"timeout", "timeout"},
		{"timed out", "timeout"},
		{"deadline exceeded", "timeout"},
		{"no such host", "no such host"},
		{"EOF", "hung up"},
	} {
		if strings.Contains(text, c.words) {
			return c.name, nil
		}
	}
	return text, nil
}
