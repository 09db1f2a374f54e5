//go:build !unix

package listen_test

import "errors"

// These are never called: the tests are skipped.
func reuseaddr(uintptr) (int, error) { return 0, errors.ErrUnsupported }

func others(uintptr) map[string]int { return nil }
