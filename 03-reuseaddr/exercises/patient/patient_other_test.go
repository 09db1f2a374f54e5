//go:build !unix

package patient_test

import "testing"

func TestListenRetry(t *testing.T) {
	t.Skip("this exercise is about Unix: on Windows SO_REUSEADDR means something else, and Go leaves it off")
}
