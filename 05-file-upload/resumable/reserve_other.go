//go:build !linux

package resumable

import "os"

// reserve does nothing here: fallocate is Linux's. What is missing is
// that a full disk is known before the first byte; it is met on the
// way.
func reserve(*os.File, int64, int64) error { return nil }

// free is asked for what reserve finds no room for: never.
func free(*os.File) int64 { return 0 }
