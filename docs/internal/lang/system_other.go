//go:build !windows

package lang

// system has nothing to add where the environment is where locales live.
func system() string { return "" }
