package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/board"
	"rekey/internal/client"
	"rekey/internal/stack"
	"rekey/internal/tables"
)

// TimeScale is how many times faster than real time the demo's AWS runs: an interval of five minutes between two
// runs of a canary then takes ten seconds.
const TimeScale = 30

// ErrUnexpected is the end of a demo in which something turned out otherwise than expected; what, has been printed.
var ErrUnexpected = errors.New("the demo did not end as expected")

// Config says how a demo is run.
type Config struct {
	// Stack is what it runs on. Fleet, TimeScale and Credentials are the demo's own.
	Stack stack.Config
	// FleetFile is where the demo's fleet is written to, for awssim to read.
	FleetFile string
	// Out gets everything that the demo has to say. Terminal says that it is one, and not a file or a pipe; In is where the
	// keys come from then.
	Out      io.Writer
	In       io.Reader
	Terminal bool
	// Keep keeps the stack up at the end until the context ends.
	Keep bool
	// Disturb, when set, is called with the canaries as they are at each change, and may do harm to the stack.
	Disturb func(context.Context, *stack.Stack, []*rekeyv1.Canary) error
}

// Run runs the demo on a stack of its own and ends it. It fails with ErrUnexpected when an outcome differs from the
// expected one, or when the journal of the simulated AWS shows harm.
func Run(ctx context.Context, cfg Config) error {
	d, err := newDemo(cfg)
	if err != nil {
		return err
	}
	d.sayf("Starting Temporal, a simulated AWS (%g times faster than real time), rekey-server and rekey-worker …", cfg.Stack.TimeScale)
	s, err := stack.Start(ctx, d.Stack)
	if err != nil {
		return err
	}
	defer s.Stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-s.Dead():
			cancel(s.Err())
		case <-ctx.Done():
		}
	}()
	if err = d.on(ctx, s); err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // what ended the demo, and not what that made of a call
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		d.sayf("The logs are in %s.", s.Logs())
	}
	return err
}

// demo is one run of the demo.
type demo struct {
	Config
	world    *World
	expected Outcomes
	stack    *stack.Stack
	client   rekeyv1.MigrationServiceClient
	id       string
	digest   string
}

func newDemo(cfg Config) (*demo, error) {
	f, err := Fleet()
	if err != nil {
		return nil, err
	}
	d := &demo{Config: cfg}
	if d.world, err = ReadWorld(f); err != nil {
		return nil, err
	}
	if d.expected, err = Expected(); err != nil {
		return nil, err
	}
	if d.Stack.TimeScale == 0 {
		d.Stack.TimeScale = TimeScale
	}
	d.Stack.Credentials, d.Stack.Fleet = d.world.Credentials, cfg.FleetFile
	return d, WriteFleet(cfg.FleetFile)
}

// on runs the demo on a stack that stands.
func (d *demo) on(ctx context.Context, s *stack.Stack) error {
	c, err := client.Dial(client.Config{Endpoint: s.Server(), Caller: "demo", Patience: client.DefaultPatience})
	if err != nil {
		return fmt.Errorf("client of rekey-server: %w", err)
	}
	defer c.Close()
	d.stack, d.client = s, c
	d.sayf("  gRPC %s   AWS %s   Temporal %s", s.Server(), s.AWS(), s.Temporal())
	if s.UI() != "" {
		d.sayf("  web UI %s", s.UI())
	}
	for _, step := range []func(context.Context) error{d.create, d.plan, d.approve, d.follow} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	err = d.conclude(ctx)
	if d.Keep && (err == nil || errors.Is(err, ErrUnexpected)) {
		d.sayf("\nThe stack is kept up; Ctrl-C ends it.")
		<-ctx.Done()
		if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
			return cause
		}
	}
	return err
}

// create asks for the migration. The request id makes the call safe to repeat.
func (d *demo) create(ctx context.Context) error {
	d.sayf("\nCreateMigration: %d accounts, Regions %s", len(d.world.Spec.GetSelection().GetAccountIds()),
		strings.Join(d.world.Spec.GetSelection().GetRegions(), ", "))
	reply, err := d.client.CreateMigration(ctx, &rekeyv1.CreateMigrationRequest{
		RequestId: "demo-" + time.Now().UTC().Format("20060102T150405.000000000"), Spec: d.world.Spec,
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
	d.sayf("\nThe plan of migration %s", d.id)
	d.sayf("%s", tables.Plan(canaries, d.world.Accounts))
	d.sayf("Keys:\n%s", tables.KeyLegend(canaries, d.world.Accounts))
	d.sayf("%s", tables.PlanSummary(p))
	return nil
}

// approve approves the plan that was shown, and no other.
func (d *demo) approve(ctx context.Context) error {
	d.sayf("\nApproveMigration: %s…", tables.Short(d.digest))
	_, err := d.client.ApproveMigration(ctx, &rekeyv1.ApproveMigrationRequest{
		MigrationId: d.id, PlanDigest: d.digest, Comment: "the demo approves its plan",
	})
	if err != nil {
		return fmt.Errorf("ApproveMigration: %w", err)
	}
	return nil
}

// follow shows the migration's progress until it rests: on a terminal on the command line's board, elsewhere in lines.
func (d *demo) follow(ctx context.Context) error {
	if d.Terminal {
		return d.board(ctx)
	}
	shown := newLines(d.Out, d.world.Accounts)
	_, err := d.watch(ctx, func(m *rekeyv1.Migration) (bool, error) {
		canaries, err := d.list(ctx)
		if err != nil {
			return false, err
		}
		shown.show(m, canaries)
		if d.Disturb != nil {
			err = d.Disturb(ctx, d.stack, canaries)
		}
		return resting(m), err
	})
	return err
}

// board shows the progress on the whole screen. Whoever leaves it ends the demo.
func (d *demo) board(ctx context.Context) error {
	m, err := board.Live(ctx, board.Config{Watch: client.Watch{API: d.client, ID: d.id}, In: d.In, Out: d.Out})
	if err == nil && !resting(m) {
		return board.ErrInterrupted
	}
	return err
}

func resting(m *rekeyv1.Migration) bool {
	switch m.GetState() {
	case rekeyv1.MigrationState_MIGRATION_STATE_SUCCEEDED, rekeyv1.MigrationState_MIGRATION_STATE_FAILED,
		rekeyv1.MigrationState_MIGRATION_STATE_CANCELLED, rekeyv1.MigrationState_MIGRATION_STATE_PLANNED:
		return true
	default:
		return false
	}
}

func (d *demo) sayf(format string, args ...any) { tellf(d.Out, format+"\n", args...) }

// tellf writes for people. When nobody can be told any more there is nobody to tell that either.
func tellf(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }
