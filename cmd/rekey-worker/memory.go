package main

import (
	"os"
	"runtime/debug"
)

// gcPercent has the garbage collector run when two fifths as much has been added as is in use; Go's default is as much again: what a
// worker has in use is little beside what ten thousand activities leave behind. A limit of memory would be a cliff: a worker that
// has more than that in use does nothing but collect.
const gcPercent = 40

// boundGarbage trades CPU for memory, unless somebody has chosen by Go's own variables.
func boundGarbage() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
