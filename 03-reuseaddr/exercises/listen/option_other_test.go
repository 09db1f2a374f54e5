//go:build !unix

package listen_test

// getsockopt is never called: the tests are skipped.
func getsockopt(uintptr) map[string]int { return nil }
