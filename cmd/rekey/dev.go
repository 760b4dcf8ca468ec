package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"rekey/awssim/fleet"
	"rekey/internal/demo"
	"rekey/internal/stack"
)

const devDescription = `Starts a Temporal server, a simulated AWS, rekey-server and rekey-worker at fixed addresses, and keeps them up until
Ctrl-C. A process that dies is reported. The server and the worker are started again, for they keep no state (try it:
kill one with SIGKILL in mid-migration); the death of another one ends them all.

   rekey dev
   rekey dev --listen 127.0.0.1:9191 --temporal-listen 127.0.0.1:7333 --ui-listen 127.0.0.1:8333
   rekey dev --fleet my-fleet.yaml --db build/dev/temporal.db
   TEMPORAL_ADDRESS=localhost:7233 rekey dev     on a Temporal server that runs already`

func devCommand() *cli.Command {
	return &cli.Command{
		Name:        "dev",
		Category:    onThisMachine,
		Usage:       "keep a whole stack up, to try rekey and the API",
		Description: devDescription,
		Flags: append(stackFlags(),
			address("listen", "127.0.0.1:9090", "REKEY_LISTEN", "gRPC"),
			address("aws-listen", "127.0.0.1:4566", "REKEY_SIM_LISTEN", "the simulated AWS"),
			address("temporal-listen", "127.0.0.1:7233", "REKEY_TEMPORAL_LISTEN", "Temporal"),
			address("ui-listen", "127.0.0.1:8233", "REKEY_UI_LISTEN", "Temporal's web UI"),
			&cli.StringFlag{Name: "fleet", HideDefault: true, Usage: "`FILE` that describes the simulated AWS (default: the demo's fleet)"},
			&cli.StringFlag{Name: "db", HideDefault: true, Usage: "`FILE` that keeps Temporal's state (default: memory)"},
			&cli.FloatFlag{
				Name: "time-scale", Value: demo.TimeScale, Sources: cli.EnvVars("REKEY_TIME_SCALE"),
				Usage: "how many times faster than real time the simulated AWS runs",
			},
		),
		Action: runDev,
	}
}

func address(name, value, variable, what string) cli.Flag {
	return &cli.StringFlag{Name: name, Value: value, Sources: cli.EnvVars(variable), Usage: "`ADDRESS` of " + what}
}

func runDev(ctx context.Context, c *cli.Command) error {
	config, err := stackConfig(c, c.Float("time-scale"))
	if err != nil {
		return err
	}
	config.TemporalAddress, config.UIAddress = c.String("temporal-listen"), c.String("ui-listen")
	config.AWSAddress, config.ServerAddress = c.String("aws-listen"), c.String("listen")
	config.Database, config.Fleet = c.String("db"), c.String("fleet")
	dir := filepath.Join(c.String("dir"), "dev")
	config.Logs, config.Evidence = filepath.Join(dir, "logs"), filepath.Join(dir, "evidence")
	if config.Fleet == "" {
		config.Fleet = filepath.Join(dir, "fleet.yaml")
		if err := demo.WriteFleet(config.Fleet); err != nil {
			return err
		}
	}
	f, err := fleet.Load(config.Fleet)
	if err != nil {
		return err
	}
	world, err := demo.ReadWorld(f)
	if err != nil {
		return err
	}
	config.Credentials = world.Credentials
	config.Development, config.PricePerRun = true, demo.PricePerRun
	i := introduction{config: config, world: world, spec: filepath.Join(dir, "spec.yaml")}
	if err := demo.WriteSpec(i.spec, world.Spec, toTry); err != nil {
		return err
	}
	return keepUp(ctx, c.Root().Writer, i)
}

// toTry are remarks in the spec of a development stack.
const toTry = `
# Things to try, each with a request id of its own (rekey create --request-id …):
#
# rollout: {waves: [{coverage: true}, {percent: 40, pause_after: true}], budget: {count: 4}}
#
# Create it and approve it twice with different names, --caller anna, for:
#
# approval: {required: 2, exclude_creator: true}
`

// keepUp keeps the stack up until the context ends or a process dies.
func keepUp(ctx context.Context, out io.Writer, i introduction) error {
	tellf(out, "Starting …\n")
	i.config.Revive = (&nurse{out: out}).revive
	s, err := stack.Start(ctx, i.config)
	if err != nil {
		return explain(err)
	}
	defer s.Stop()
	if err := i.introduce(out, s); err != nil {
		return err
	}
	select {
	case <-s.Dead():
		return s.Err()
	case <-ctx.Done():
		tellf(out, "Stopping …\n")
		return nil
	}
}

// explain names the flag that gives another address.
func explain(err error) error {
	var in *stack.AddressError
	if !errors.As(err, &in) {
		return err
	}
	flag, ok := map[string]string{"Temporal": "temporal-listen", "Temporal's web UI": "ui-listen", "the simulated AWS": "aws-listen", "rekey-server": "listen"}[in.What]
	if !ok {
		return err
	}
	return fmt.Errorf("%w: end what listens there, or choose another address with --%s", err, flag)
}
