// Package stacktest gives tests the programs of a stack, built from the sources as they are.
//
//	s, err := stack.Start(tb.Context(), stack.Config{Bin: stacktest.Programs(t), …})
package stacktest

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Programs is a directory with rekey, rekey-server, rekey-worker, temporal and (where it has been built) grpcurl, for
// stack.Config.Bin. The test is skipped when REKEY_TEMPORAL_BIN does not name a Temporal server, as make test does.
func Programs(tb testing.TB) string {
	tb.Helper()
	temporal := os.Getenv("REKEY_TEMPORAL_BIN")
	if temporal == "" {
		tb.Skip("REKEY_TEMPORAL_BIN is not set; make test sets it")
	}
	if _, err := os.Stat(temporal); err != nil {
		tb.Skipf("REKEY_TEMPORAL_BIN: %v; make build/bin/temporal builds it", err)
	}
	here, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	root := moduleRoot(tb, here)
	readSources(tb, root)
	// Go leaves programs alone that are up to date. Packages are tested side by side, so each has its own.
	bin := filepath.Join(root, "build", "test", filepath.Base(here))
	if err := os.MkdirAll(bin, 0o750); err != nil {
		tb.Fatal(err)
	}
	build := exec.CommandContext(tb.Context(), "go", "build", "-trimpath", "-o", bin+string(filepath.Separator), "./cmd/...")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("building the programs: %v\n%s", err, out)
	}
	for _, tool := range []string{"temporal", "grpcurl"} {
		link(tb, filepath.Join(filepath.Dir(temporal), tool), filepath.Join(bin, tool))
	}
	return bin
}

func link(tb testing.TB, to, path string) {
	tb.Helper()
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		tb.Fatal(err)
	}
	if err := os.Symlink(to, path); err != nil {
		tb.Fatal(err)
	}
}

// moduleRoot is the directory of go.mod.
func moduleRoot(tb testing.TB, dir string) string {
	tb.Helper()
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Fatal("there is no go.mod above the test")
		}
		dir = parent
	}
}

// readSources looks at the programs' sources. Go keeps the result of a test for as long as its own package and the
// files that it looked at stay the same; that programs are built from these files, it can't know.
func readSources(tb testing.TB, root string) {
	tb.Helper()
	for _, dir := range []string{"awssim", "cmd", "gen", "internal", "service", "workflows"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(string, fs.DirEntry, error) error { return nil })
		if err != nil {
			tb.Fatal(err)
		}
	}
}
