// Package report draws a migration as one HTML file for people who would rather look: the fleet as a grid of accounts and
// Regions, the waves, the progress over time, the log, what was held or did not get to the end and why, and of each canary
// the settings before and after with their proof.
//
// The file needs nothing beside it, no network and no script: what its script adds is a filter and sorting. It is the same,
// byte by byte, for the same data. Whatever is unremarkable takes a row; the rest has a card that unfolds.
//
//	err := report.Write(ctx, file, rekeyv1.NewMigrationServiceClient(conn), "m-…")
package report

import (
	"context"
	"fmt"
	"io"

	"google.golang.org/grpc"

	rekeyv1 "rekey/gen/rekey/v1"
)

// pageSize is how many canaries are asked for at a time: the most that ListCanaries gives.
const pageSize = 500

// Client is what a report asks the API for: a rekeyv1.MigrationServiceClient has it.
type Client interface {
	GetMigration(context.Context, *rekeyv1.GetMigrationRequest, ...grpc.CallOption) (*rekeyv1.GetMigrationResponse, error)
	ListCanaries(context.Context, *rekeyv1.ListCanariesRequest, ...grpc.CallOption) (*rekeyv1.ListCanariesResponse, error)
}

// Write writes the report of a migration to out. It holds one cell's canaries at a time, and a count and two times of each
// canary; what stands in the file behind these waits in temporary files. Errors are those of the API, unchanged below what
// was being done, and those of writing.
func Write(ctx context.Context, out io.Writer, client Client, migrationID string) error {
	got, err := client.GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: migrationID})
	if err != nil {
		return fmt.Errorf("reading the migration: %w", err)
	}
	lists, err := newLists()
	if err != nil {
		return err
	}
	defer lists.remove()
	fleet := newFleet()
	fleet.unreachable(got.GetMigration().GetProgress().GetCellProblems())
	listing := &listing{fleet: fleet, lists: lists, keys: newKeys()}
	if err := listing.readAll(ctx, client, migrationID); err != nil {
		return err
	}
	return compose(out, got.GetMigration(), listing)
}
