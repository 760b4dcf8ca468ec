// Package performance makes docs/performance.md and its plots from the results of the benchmarks, of the kill matrix and of the
// fault campaigns. The results that the page shows are committed beside it, so that it can be made anew anywhere, and so that a
// test can hold the page against them.
package performance

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"
)

// Command is the command "performance".
func Command() *cli.Command {
	return &cli.Command{
		Name:  "performance",
		Usage: "make docs/performance.md from results",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "docs", Value: "docs", Usage: "`DIRECTORY` of performance.md, of its results in performance/, and of its images"},
			&cli.StringSliceFlag{Name: "collect", Usage: "`DIRECTORIES` with results, which replace those that the page showed", HideDefault: true},
		},
		Action: func(_ context.Context, c *cli.Command) error {
			for _, from := range c.StringSlice("collect") {
				if err := collect(c.Root().Writer, from, filepath.Join(c.String("docs"), results)); err != nil {
					return err
				}
			}
			return write(c.Root().Writer, c.String("docs"))
		},
	}
}

// write makes the page of a directory of documentation.
func write(w io.Writer, docs string) error {
	r, err := read(filepath.Join(docs, results))
	if err != nil {
		return err
	}
	files, err := compose(r)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(docs, name), text, 0o600); err != nil {
			return err
		}
	}
	measured, missed := 0, 0
	for _, g := range r.goals() {
		if g.verdict != open {
			measured++
		}
		if g.verdict == missedIt {
			missed++
		}
	}
	_, err = fmt.Fprintf(w, "performance: files=%d goals=%d measured=%d missed=%d\n", len(files), len(r.goals()), measured, missed)
	return err
}
