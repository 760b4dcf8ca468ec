package main

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/client"
	"rekey/internal/tables"
)

const planDescription = `Reads the selected canaries and says what a migration would do to each: what it would grant and revoke, who would lose sight
of artifacts, what it takes. Nothing is changed, nothing is locked, and nothing can be approved.

   rekey plan --account 111122223333,444455556666 --region eu-west-1 --to-key arn:aws:kms:eu-west-1:999999999999:key/…
   rekey plan --organization --enabled-regions --to-alias alias/artifacts --tag team=shop
   rekey plan --ou ou-ab12-cdefghij --region eu-west-1 --to sse-s3 --location 's3://artifacts-{account}/{name}'
   rekey plan -f spec.yaml -o json

` + exitCodes

// defaultItems is how many canaries of a plan are shown, when nothing else is asked for.
const defaultItems = 200

func planCommand() *cli.Command {
	return &cli.Command{
		Name: "plan", Category: toSteer, Usage: "say what a migration would do, and do nothing", Description: planDescription,
		Flags: append(specFlags(), requestID(), items()), Action: calling(plan),
	}
}

func items() cli.Flag {
	return &cli.IntFlag{Name: "items", Value: defaultItems, Usage: "how `MANY` canaries of the plan are shown; 0 for all"}
}

func requestID() cli.Flag {
	return &cli.StringFlag{Name: "request-id", Usage: "`ID` that makes the call safe to repeat (default: a fresh one)", HideDefault: true}
}

func plan(ctx context.Context, s *session) error {
	m, err := s.create(ctx, true)
	if err != nil {
		return err
	}
	if m, err = s.planned(ctx, m); err != nil {
		return err
	}
	return s.concludePlan(ctx, m)
}

// concludePlan shows a plan that was waited for, and how to go on.
func (s *session) concludePlan(ctx context.Context, m *rekeyv1.Migration) error {
	if err := s.showPlan(ctx, m); err != nil {
		return err
	}
	if s.forPeople() {
		tellf(s.out, "%s", s.next(m))
	}
	return endedWell(m)
}

// create creates a migration from the command line's spec. Without a request id it makes one, so that repeating the call
// while the server is away does not create two.
func (s *session) create(ctx context.Context, validateOnly bool) (*rekeyv1.Migration, error) {
	if err := s.noArguments(); err != nil {
		return nil, err
	}
	spec, err := specOf(s.c)
	if err != nil {
		return nil, err
	}
	id := s.c.String("request-id")
	if id == "" {
		id = "cli-" + strings.ToLower(rand.Text())
	}
	reply, err := s.CreateMigration(ctx, &rekeyv1.CreateMigrationRequest{RequestId: id, Spec: spec, ValidateOnly: validateOnly})
	return reply.GetMigration(), err
}

// planned waits until a migration's plan is frozen, or could not be made.
func (s *session) planned(ctx context.Context, m *rekeyv1.Migration) (*rekeyv1.Migration, error) {
	if s.forPeople() {
		tellf(s.progress, "Planning %s …\n", m.GetId())
	}
	return s.watch(m.GetId()).Follow(ctx, func(m *rekeyv1.Migration) (bool, error) {
		return m.GetState() != rekeyv1.MigrationState_MIGRATION_STATE_PLANNING, nil
	})
}

// watch is a watch that tells when the server is away.
func (s *session) watch(id string) client.Watch {
	return client.Watch{API: s, ID: id, Trouble: func(err error) {
		tellf(s.progress, "%s\n", client.Explain(err).Broken())
	}}
}

// showPlan prints a plan: what it does to each canary, its waves, and what it takes.
func (s *session) showPlan(ctx context.Context, m *rekeyv1.Migration) error {
	if !s.forPeople() || m.GetPlan() == nil {
		return s.print(m, func() string { return tables.Migration(m) })
	}
	request := &rekeyv1.ListCanariesRequest{MigrationId: m.GetId(), PageSize: 500}
	canaries, more, err := client.Collect(client.Canaries(ctx, s, request), s.c.Int("items"))
	if err != nil {
		return err
	}
	parts := []string{tables.Plan(canaries, nil)}
	if more {
		parts = append(parts, "… and more: rekey canaries "+m.GetId())
	}
	if keys := tables.KeyLegend(canaries, nil); keys != "" {
		parts = append(parts, "Keys\n"+strings.TrimRight(keys, "\n"))
	}
	parts = append(parts, tables.Forecast(m.GetPlan().GetForecast()))
	if len(m.GetWaves()) > 0 {
		parts = append(parts, tables.Waves(m.GetWaves()))
	}
	parts = append(parts, tables.CellProblems(m.GetProgress().GetCellProblems()), tables.PlanSummary(m.GetPlan()))
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	tellf(s.out, "%s\n", strings.Join(parts, "\n\n"))
	return nil
}

// endedWell is an error where a migration did not.
func endedWell(m *rekeyv1.Migration) error {
	switch m.GetState() {
	case rekeyv1.MigrationState_MIGRATION_STATE_FAILED, rekeyv1.MigrationState_MIGRATION_STATE_CANCELLED:
		return &unwellError{"migration " + tables.Line(m)}
	default:
		return nil
	}
}
