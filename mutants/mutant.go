package main

import (
	_ "embed" // the bugs
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed mutants.yaml
var mutantsYAML []byte

// Mutant is a seeded bug.
type Mutant struct {
	Name string `yaml:"name"`
	// Bug is what the mutant does wrong.
	Bug string `yaml:"bug"`
	// File is where, from the module's root; Old is the text there that New takes the place of. It is there once.
	File string `yaml:"file"`
	Old  string `yaml:"old"`
	New  string `yaml:"new"`
	// Package and Run are the tests that are to catch it, as go test has them.
	Package string `yaml:"package"`
	Run     string `yaml:"run"`
}

// Mutants are all seeded bugs.
func Mutants() ([]Mutant, error) {
	var list []Mutant
	if err := yaml.UnmarshalWithOptions(mutantsYAML, &list, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("mutants.yaml: %w", err)
	}
	return list, nil
}

// Source is the file with the bug in it.
func (m Mutant) Source() (string, error) {
	text, err := os.ReadFile(m.File)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), m.Old); n != 1 {
		return "", fmt.Errorf("mutant %s: its text is %d times in %s, and must be there once", m.Name, n, m.File)
	}
	return strings.Replace(string(text), m.Old, m.New, 1), nil
}
