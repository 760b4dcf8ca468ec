package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/internal/stack"
)

// TimeScale is how many times faster than real time the demo's AWS runs: an interval of five minutes between two
// runs of a canary then takes five seconds.
const TimeScale = 60

// ErrUnexpected is the end of a demo in which something turned out otherwise than expected; what, has been printed.
var ErrUnexpected = errors.New("the demo did not end as expected")

// Config says how a demo is run.
type Config struct {
	// Stack is what it runs on. Fleet, Credentials, Development and PricePerRun are the demo's own.
	Stack stack.Config
	// FleetFile is where the demo's fleet is written to, for awssim to read.
	FleetFile string
	// Out gets everything that the demo has to say. Terminal says that it is one, and not a file or a pipe; In is where the
	// keys come from then.
	Out      io.Writer
	In       io.Reader
	Terminal bool
	// Width, when set, is how many columns the terminal has; tables are cut there.
	Width func() int
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
	d.paragraph(fmt.Sprintf("Starting Temporal, a simulated AWS (%g times faster than real time), rekey-server and rekey-worker …", d.Stack.TimeScale))
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

// inSteps does what an operator does, from the first call to the evidence.
func (d *demo) inSteps(ctx context.Context) error {
	steps := []func(context.Context) error{d.create, d.plan, d.approve, d.roll, d.outcomes, d.write, d.close, d.judge}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// demo is one run of the demo.
type demo struct {
	Config
	world    *World
	expected Outcomes
	stack    *stack.Stack
	people   people
	id       string
	digest   string
	resumed  time.Time
	// outcome is the canaries as they were when the migration had come to rest.
	outcome []*rekeyv1.Canary
	shown   *lines
	// chapters are how many were begun; cut, whether lines of tables were.
	chapters int
	cut      bool
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
	d.Stack.Development, d.Stack.PricePerRun = true, PricePerRun
	if err := WriteFleet(cfg.FleetFile); err != nil {
		return nil, err
	}
	return d, WriteSpec(d.specFile(), steered(d.world.Spec), "")
}

// on runs the demo on a stack that stands.
func (d *demo) on(ctx context.Context, s *stack.Stack) error {
	p, err := dial(s.Server())
	if err != nil {
		return err
	}
	defer p.close() //nolint:errcheck // nothing is under way any more
	d.stack, d.people = s, p
	d.sayf("  gRPC %s   AWS %s   Temporal %s", s.Server(), s.AWS(), s.Temporal())
	if s.UI() != "" {
		d.sayf("  web UI %s", s.UI())
	}
	err = d.inSteps(ctx)
	if d.Keep && (err == nil || errors.Is(err, ErrUnexpected)) {
		d.sayf("\nThe stack is kept up until Ctrl-C. To look around:\n  rekey --endpoint %s canaries %s\n  rekey --endpoint %s get %s",
			s.Server(), d.id, s.Server(), d.id)
		<-ctx.Done()
		if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
			return cause
		}
	}
	return err
}
