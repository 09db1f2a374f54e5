// The mistake: Package filepath is asked, which knows only the system that it runs on.
//
// rejected by: TestCheckRefusesSeparators: "knows only this one's"
package safename

import (
	"errors"
	"path/filepath"
)

func Check(name string) error {
	if !filepath.IsLocal(name) || filepath.Base(name) != name {
		return errors.New("bad name")
	}
	return nil
}
