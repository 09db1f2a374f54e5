package lang

import "golang.org/x/sys/windows"

// system asks Windows for the language of its user interface: the usual
// shells there set none of the locale variables.
func system() string {
	names, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil || len(names) == 0 {
		return ""
	}
	return names[0]
}
