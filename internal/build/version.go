// Package build says what a program was built from.
package build

import "runtime/debug"

// Version is the release, or the pseudo-version of the commit with "+dirty" behind it when files were changed; "(devel)" where the
// build was not stamped with it (go help buildvcs). The Go version is behind it.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version + " (" + info.GoVersion + ")"
}
