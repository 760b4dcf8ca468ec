package main

import (
	"runtime/debug"
	"testing"
)

func TestBoundMemory(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	boundMemory(0)
	if got := debug.SetMemoryLimit(-1); got != before {
		t.Errorf("without a bound it is %d, want %d", got, before)
	}
	t.Setenv("GOMEMLIMIT", "1GiB")
	boundMemory(400)
	if got := debug.SetMemoryLimit(-1); got != before {
		t.Errorf("where GOMEMLIMIT is set it is %d, want %d", got, before)
	}
	t.Setenv("GOMEMLIMIT", "")
	boundMemory(400)
	if got := debug.SetMemoryLimit(-1); got != 400<<20 {
		t.Errorf("it is %d, want 400 MiB", got)
	}
	if _, err := work(t.Context(), "--memory-limit", "-1"); err == nil {
		t.Error("a limit below 0 is taken")
	}
}
