// Package lang decides which of the course's two languages a program
// speaks: English or simplified Chinese.
package lang

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

// Lang is a language of the course: [English] or [Chinese].
type Lang string

// The two languages, spelled as the -lang flag takes them.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Parse accepts "en" and "zh" and their usual regional spellings, such as
// "zh-CN", "zh_CN.UTF-8" and "en_GB"; letter case does not matter.
func Parse(s string) (Lang, error) {
	word := strings.ToLower(s)
	if i := strings.IndexAny(word, "-_.@"); i >= 0 {
		word = word[:i]
	}
	switch word {
	case "en":
		return English, nil
	case "zh":
		return Chinese, nil
	}
	return "", fmt.Errorf("want en or zh")
}

// FromEnv is the language of the environment: the first of LC_ALL,
// LC_MESSAGES and LANG that is set decides, as in POSIX. Where none of them
// is, the system is asked (Windows), and failing that it is English. A
// locale that is neither of the two gives English too.
func FromEnv() Lang {
	return fromEnv(os.Getenv, system)
}

func fromEnv(getenv func(string) string, system func() string) Lang {
	locale := ""
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale = getenv(name); locale != "" {
			break
		}
	}
	if locale == "" {
		locale = system()
	}
	if l, err := Parse(locale); err == nil {
		return l
	}
	return English
}

// Flag registers -lang with fs; its default is [FromEnv].
func Flag(fs *flag.FlagSet) *Lang {
	l := FromEnv()
	fs.Var(&l, "lang", "`language` to speak: en or zh")
	return &l
}

// String and Set make Lang a [flag.Value].
func (l Lang) String() string { return string(l) }

// Set takes what [Parse] takes.
func (l *Lang) Set(s string) error {
	parsed, err := Parse(s)
	if err == nil {
		*l = parsed
	}
	return err
}

// Pick returns zh for [Chinese] and en for everything else, the zero Lang
// included.
func (l Lang) Pick(en, zh string) string {
	if l == Chinese {
		return zh
	}
	return en
}
