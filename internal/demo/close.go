package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/report"
	"rekey/internal/tables"
)

// write writes the report: the same migration, for people who would rather look.
func (d *demo) write(ctx context.Context) error {
	path := filepath.Join(filepath.Dir(d.FleetFile), "report.html")
	d.chapter("Report", "one HTML file, to look at and to send on")
	d.command(onCall, "report %s -o %s", d.id, path)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(report.Write(ctx, file, d.people[onCall], d.id), file.Close()); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	d.paragraph("Open it in a browser; it needs no network.")
	return nil
}

// close ends the migration, and checks the evidence that it leaves.
func (d *demo) close(ctx context.Context) error {
	d.chapter("Close", "the evidence is exported, and the migration ends: it can't be retried or rolled back any more")
	d.command(onCall, "close %s --yes --wait", d.id)
	_, err := d.people[onCall].CloseMigration(ctx, &rekeyv1.CloseMigrationRequest{
		MigrationId: d.id, Reason: "what is left is for the canaries' owners",
	})
	if err != nil {
		return fmt.Errorf("CloseMigration: %w", err)
	}
	m, err := d.closed(ctx)
	if err != nil {
		return err
	}
	d.table(tables.Controls(m.GetControls()))
	dir := filepath.Join(d.stack.Evidence(), d.id)
	files, err := checkEvidence(dir, d.digest, approvers, Actual(d.outcome))
	if err != nil {
		d.sayf("The evidence is not as expected: %v", err)
		return ErrUnexpected
	}
	d.sayf("\nThe evidence is in %s", dir)
	d.paragraph(fmt.Sprintf("It was checked: %s with the digests that their manifest has, the digest of the plan that was approved, who approved "+
		"it, and the outcome of every canary, with its settings before and after and their proof.", tables.Counted(files, "file")))
	return nil
}

// closed waits until the migration is closed. A watch ends where a migration rests, and this one does already.
func (d *demo) closed(ctx context.Context) (*rekeyv1.Migration, error) {
	for {
		reply, err := d.people[onCall].GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: d.id})
		if err != nil {
			return nil, fmt.Errorf("GetMigration: %w", err)
		}
		m := reply.GetMigration()
		if m.GetState() == rekeyv1.MigrationState_MIGRATION_STATE_CLOSED {
			return m, nil
		}
		if strings.Contains(m.GetStateReason(), tables.Name(rekeyv1.ErrorReason_ERROR_REASON_EVIDENCE_NOT_WRITTEN)) {
			return nil, fmt.Errorf("CloseMigration: %s", tables.Line(m))
		}
		if err := wait(ctx); err != nil {
			return nil, err
		}
	}
}
