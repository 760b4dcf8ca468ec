package fleet

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Load reads a fleet from a file; see Parse.
func Load(path string) (*Fleet, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("fleet %s: %w", path, err)
	}
	return f, nil
}

// Parse reads a fleet from YAML and checks it. Unknown fields are errors; every error names its line.
func Parse(text []byte) (*Fleet, error) {
	f := New()
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(f); err != nil {
		return nil, errors.New(yaml.FormatError(err, false, true))
	}
	problems := f.Check()
	if len(problems) == 0 {
		return f, nil
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, errors.New(yaml.FormatError(err, false, true))
	}
	var lines []string
	for _, p := range problems {
		lines = append(lines, fmt.Sprintf("line %d: %s: %s", line(file, p.Path), strings.TrimPrefix(p.Path, "$."), p.Message))
	}
	return nil, errors.New(strings.Join(lines, "\n"))
}

// line is where a path's value stands, or that of the nearest one around it.
func line(file *ast.File, path string) int {
	for path != "$" {
		if p, err := yaml.PathString(path); err == nil {
			if node, err := p.FilterFile(file); err == nil && node != nil {
				return node.GetToken().Position.Line
			}
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 1)]
	}
	return 1
}
