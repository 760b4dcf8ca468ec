package main

import (
	"go/parser"
	"go/token"
	"os"
	"testing"
)

// TestMutantsApply keeps the seeded bugs in step with the source: each finds its place, and is Go.
func TestMutantsApply(t *testing.T) {
	list, err := Mutants()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("..")
	names := map[string]bool{}
	for _, m := range list {
		if names[m.Name] || m.Bug == "" || m.Run == "" {
			t.Errorf("mutant %s is not whole, or there twice", m.Name)
		}
		names[m.Name] = true
		source, err := m.Source()
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), m.File, source, parser.SkipObjectResolution); err != nil {
			t.Errorf("mutant %s: %v", m.Name, err)
		}
		if _, err := os.Stat(m.Package); err != nil {
			t.Errorf("mutant %s: %v", m.Name, err)
		}
	}
	if len(list) < 15 {
		t.Errorf("there are %d seeded bugs, want 15 at least", len(list))
	}
}
