package main

import (
	"os"
	"runtime/debug"
)

// mebibyte is in bytes.
const mebibyte = 1 << 20

// boundMemory has the garbage collector work harder from that many MiB on; 0 leaves it to the Go runtime, and so does Go's own
// variable, which whoever sets it means. What is in use is never refused.
func boundMemory(mib int) {
	if mib > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(mib) * mebibyte)
	}
}
