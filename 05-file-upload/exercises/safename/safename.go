// Package safename is an exercise: a stranger names a file.
package safename

// Check returns nil if name may become a file here, and is neither a path
// nor a device on a machine that the folder is copied to later; else an
// error that says why not. (It need not be a possible
// name there: Windows takes neither a?b nor a:b.)
//
// A name is one path element:
//
//   - valid UTF-8, not empty, at most 255 bytes long;
//   - neither / nor \ in it, on whatever system this runs;
//   - no control character in it (unicode.IsControl);
//   - no space at its beginning or end (unicode.IsSpace);
//   - no dot at its end, so neither . nor ..;
//   - no device of Windows: CON, PRN, AUX, NUL, CONIN$, CONOUT$, and COM or
//     LPT with one more character of 0123456789¹²³. Capital or small is all
//     the same, and so is what follows the first dot or colon: con.tar.gz
//     is CON. Spaces before that dot or colon do not count either.
//
// All else is a good name: 电影.mp4, a film (2).mp4, .profile, -rf.
func Check(name string) error {
	panic("not begun")
}
