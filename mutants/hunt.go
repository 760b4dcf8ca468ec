package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// errSurvived is the end of a hunt that missed a bug.
var errSurvived = errors.New("not every seeded bug was caught")

// hunt seeds each bug and prints what became of it.
func hunt(ctx context.Context, out io.Writer, list []Mutant, only string) error {
	t := table.NewWriter()
	t.SetOutputMirror(out)
	t.AppendHeader(table.Row{"seeded bug", "what it does wrong", "caught by", ""})
	seeded, caught := 0, 0
	for _, m := range list {
		if only != "" && m.Name != only {
			continue
		}
		found, err := m.hunt(ctx)
		if err != nil {
			return err
		}
		seeded++
		verdict := "SURVIVED"
		if found {
			caught++
			verdict = "caught"
		}
		_, _ = fmt.Fprintf(out, "%-32s %s\n", m.Name, verdict)
		t.AppendRow(table.Row{m.Name, m.Bug, m.Package + " " + m.Run, verdict})
	}
	t.AppendFooter(table.Row{fmt.Sprintf("%d seeded", seeded), "", "", fmt.Sprintf("%d caught", caught)})
	t.Render()
	if seeded == 0 || caught < seeded {
		return errSurvived
	}
	return nil
}

// hunt reports whether the tests fail with the bug. A bug that does not compile is none.
func (m Mutant) hunt(ctx context.Context) (bool, error) {
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	overlay, err := m.overlay(dir)
	if err != nil {
		return false, err
	}
	test := exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-count=1", "-timeout", "10m", "-run", m.Run, m.Package) //nolint:gosec // of mutants.yaml
	output, err := test.CombinedOutput()
	switch text := string(output); {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err == nil && strings.Contains(text, "no tests to run"):
		return false, fmt.Errorf("mutant %s: there is no test %s in %s", m.Name, m.Run, m.Package)
	case err == nil:
		return false, nil
	case strings.Contains(text, "[build failed]") || strings.Contains(text, "[setup failed]"):
		return false, fmt.Errorf("mutant %s does not compile:\n%s", m.Name, text)
	}
	return true, nil
}

// overlay writes the changed file and what the go command is to read in the original's place.
func (m Mutant) overlay(dir string) (string, error) {
	source, err := m.Source()
	if err != nil {
		return "", err
	}
	original, err := filepath.Abs(m.File)
	if err != nil {
		return "", err
	}
	changed, overlay := filepath.Join(dir, filepath.Base(m.File)), filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(changed, []byte(source), 0o600); err != nil {
		return "", err
	}
	return overlay, os.WriteFile(overlay, text, 0o600)
}
