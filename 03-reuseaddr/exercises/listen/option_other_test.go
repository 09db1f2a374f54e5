//go:build !unix

package listen_test

import "errors"

// reuseaddr is never called: the tests are skipped.
func reuseaddr(uintptr) (int, error) { return 0, errors.ErrUnsupported }
