package pages

// Prepare has nothing to do here: the transcripts are of a Unix shell.
func (r *Runner) Prepare() error { return nil }

func (r *Runner) run(*Block, []command) error {
	return Skip("transcripts are run where there is a Unix shell")
}
