//go:build !linux

package patient_test

import "errors"

// powerless takes privileges away on Linux alone.
func powerless(string, func()) error { return errors.New("that takes Linux") }
