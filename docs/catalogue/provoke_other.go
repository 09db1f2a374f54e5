//go:build !linux

package catalogue

const linuxOnly = Skip("it is provoked on Linux only")

func fullQueue() error    { return linuxOnly }
func tooManyFiles() error { return linuxOnly }
func lowPort() error      { return linuxOnly }
