package main

import (
	"runtime/debug"
	"testing"
)

func TestBoundGarbage(t *testing.T) {
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	for _, chosen := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Run(chosen, func(t *testing.T) {
			t.Setenv("GOGC", "")
			t.Setenv("GOMEMLIMIT", "")
			t.Setenv(chosen, "200")
			boundGarbage()
			if got := debug.SetGCPercent(100); got != 100 {
				t.Errorf("it is %d, though somebody has chosen", got)
			}
		})
	}
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	boundGarbage()
	if got := debug.SetGCPercent(100); got != gcPercent {
		t.Errorf("it is %d, want %d", got, gcPercent)
	}
}
