package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"rekey/internal/report"
)

const reportDescription = `Writes one HTML file that shows a migration to people who would rather look: the fleet as a grid of
accounts and Regions, the waves, the progress over time, what was done by whom, what is held or did not get to the end and
why, and of each canary the settings before and after with their proof. It needs no network; send it to whom you like, or
print it.

The file names roles, keys and buckets: it is written for its owner's eyes alone, and an older one is kept unless told
otherwise.

   rekey report m-0123456789abcdefghij -o report.html
   rekey report m-0123456789abcdefghij -o report.html --force
   rekey report m-0123456789abcdefghij -o - | gzip > report.html.gz`

func reportCommand() *cli.Command {
	return &cli.Command{
		Name:        "report",
		Category:    toLook,
		Usage:       "write a migration as one HTML file, to look at",
		ArgsUsage:   "MIGRATION_ID",
		Description: reportDescription,
		Flags: []cli.Flag{
			&cli.StringFlag{
				Name: "file", Aliases: []string{"o"}, Value: "report.html", Usage: "`FILE` to write; - is the standard output",
			},
			&cli.BoolFlag{Name: "force", Usage: "replace the file if it is there"},
		},
		Action: calling(writeReport),
	}
}

func writeReport(ctx context.Context, s *session) error {
	id, err := s.id()
	if err != nil {
		return err
	}
	write := func(out io.Writer) error { return report.Write(ctx, out, s.MigrationServiceClient, id) }
	path := s.c.String("file")
	if path == "-" {
		return write(s.out)
	}
	if err := writeWhole(path, s.c.Bool("force"), write); err != nil {
		return err
	}
	tellf(s.progress, "Wrote %s.\n", path)
	return nil
}

// writeWhole writes a file that is there whole or not at all, so that a report that could not be finished replaces nothing.
func writeWhole(path string, force bool, write func(io.Writer) error) error {
	if err := mayWrite(path, force); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".rekey-report-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // gone already when all went well
	if err := errors.Join(write(file), file.Close()); err != nil {
		return err
	}
	// Somebody may have written it meanwhile.
	if err := mayWrite(path, force); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func mayWrite(path string, force bool) error {
	_, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !force:
		return fmt.Errorf("%s exists: name another file with -o, or replace it with --force", path)
	default:
		return nil
	}
}
