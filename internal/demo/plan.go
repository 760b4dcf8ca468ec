package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/tables"
)

// create asks for the migration. The request id makes the call safe to repeat.
func (d *demo) create(ctx context.Context) error {
	d.chapter("Plan", "nothing is changed, and nothing can be before the plan is approved")
	d.command(creator, "create -f %s --wait", d.specFile())
	reply, err := d.people[creator].CreateMigration(ctx, &rekeyv1.CreateMigrationRequest{
		RequestId: "demo-" + time.Now().UTC().Format("20060102T150405.000000000"), Spec: steered(d.world.Spec),
	})
	if err != nil {
		return fmt.Errorf("CreateMigration: %w", err)
	}
	d.id = reply.GetMigration().GetId()
	return nil
}

// plan waits for the frozen plan and shows it.
func (d *demo) plan(ctx context.Context) error {
	m, err := d.watch(ctx, func(m *rekeyv1.Migration) (bool, error) {
		return m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_PLANNING, nil
	})
	if err != nil {
		return err
	}
	if m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_AWAITING_APPROVAL {
		return fmt.Errorf("migration %s is %s: %s", d.id, tables.Name(m.GetState()), m.GetStateReason())
	}
	canaries, err := d.list(ctx)
	if err != nil {
		return err
	}
	p := m.GetPlan()
	d.digest = p.GetDigest()
	d.table(tables.Plan(canaries, d.world.Accounts))
	d.table("Keys\n" + strings.TrimRight(tables.KeyLegend(canaries, d.world.Accounts), "\n"))
	d.table(tables.Forecast(p.GetForecast()))
	d.table(tables.Waves(m.GetWaves()))
	d.table(tables.PlanSummary(p))
	return nil
}

// approve approves the plan that was shown, and no other: once for each person whom the policy asks for.
func (d *demo) approve(ctx context.Context) error {
	d.chapter("Approve", "two people, neither of them the creator, name the digest of the plan that they read")
	for _, name := range approvers {
		d.command(name, "approve %s --digest %s… --yes", d.id, tables.Short(d.digest))
		reply, err := d.people[name].ApproveMigration(ctx, &rekeyv1.ApproveMigrationRequest{
			MigrationId: d.id, PlanDigest: d.digest, Comment: name + " has read the plan",
		})
		if err != nil {
			return fmt.Errorf("ApproveMigration: %w", err)
		}
		d.sayf("%s", tables.Line(reply.GetMigration()))
	}
	return nil
}
