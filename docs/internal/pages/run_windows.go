package pages

// The transcripts are of a Unix shell; on Windows they are read but not run.
const cannotRun = "transcripts are run where there is a Unix shell"

func (r *Runner) run(*Block) (string, error) { return "", Skip(cannotRun) }

// Shim does nothing here; see the Unix one.
func Shim() {}

func (r *Runner) prepare() error { return nil }
