package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/urfave/cli/v3"

	"rekey/awssim/fleet"
	"rekey/awssim/sim"
	"rekey/internal/demo"
	"rekey/internal/profile"
)

const simDescription = `Serves a simulated AWS – STS, Organizations, Account, IAM, KMS, S3 and Synthetics, for many accounts and Regions –
to any AWS client that is pointed at it. Its canaries run by their schedules, as their roles, and everything that
happens is kept in a journal.

The fleet is read from a file, or generated; without either it is the demo's.

   rekey sim
   rekey sim --fleet my-fleet.yaml --time-scale 60
   rekey sim --generate canaries=200,accounts=10,regions=2,units=4,depth=2,seed=7 --listen 127.0.0.1:0`

// shutdown is how long requests in flight get to finish.
const shutdown = 5 * time.Second

func simCommand() *cli.Command {
	return &cli.Command{
		Name:        "sim",
		Category:    onThisMachine,
		Usage:       "serve a simulated AWS",
		Description: simDescription,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:4566", Sources: cli.EnvVars("REKEY_SIM_LISTEN"), Usage: "`ADDRESS` to listen on"},
			&cli.StringFlag{Name: "fleet", Usage: "`FILE` that describes the fleet"},
			&cli.StringFlag{Name: "generate", Usage: "`SIZE` of a fleet to generate: canaries=N,accounts=N,regions=N,units=N,depth=N,visual=N,shared=N,stopped=N,seed=N"},
			&cli.FloatFlag{
				Name: "time-scale", Sources: cli.EnvVars("REKEY_TIME_SCALE"), HideDefault: true,
				Usage: "how many times faster than real time it runs (default: what the fleet says)",
			},
			profile.Flag(),
			&cli.BoolFlag{Name: "quiet", Usage: "don't print how to use it, with its credentials"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			out := c.Root().Writer
			if c.Bool("quiet") {
				out = io.Discard
			}
			if err := profile.Serve(ctx, c.String("pprof-address")); err != nil {
				return err
			}
			f, err := chooseFleet(c.String("fleet"), c.String("generate"))
			if err != nil {
				return err
			}
			return serveSim(ctx, out, c.String("listen"), sim.Config{Fleet: f, TimeScale: c.Float("time-scale")})
		},
	}
}

// chooseFleet reads, generates, or takes the demo's.
func chooseFleet(file, generate string) (*fleet.Fleet, error) {
	switch {
	case file != "" && generate != "":
		return nil, errors.New("--fleet and --generate exclude each other")
	case file != "":
		return fleet.Load(file)
	case generate != "":
		size, err := parseSize(generate)
		if err != nil {
			return nil, fmt.Errorf("--generate: %w", err)
		}
		return fleet.Generate(size), nil
	}
	return demo.Fleet()
}

// serveSim serves until the context ends.
func serveSim(ctx context.Context, out io.Writer, address string, config sim.Config) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	simulation, err := sim.New(config)
	if err != nil {
		_ = listener.Close()
		return err
	}
	defer simulation.Close()
	announce(out, listener.Addr().String(), simulation)

	server := &http.Server{Handler: simulation.Handler(), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdown)
	defer cancel()
	if err := server.Shutdown(late); err != nil {
		return server.Close()
	}
	return nil
}

// announce tells how to use the simulation. The credentials are simulated ones, and mean nothing elsewhere.
func announce(out io.Writer, address string, s *sim.Sim) {
	tellf(out, "A simulated AWS with %d accounts and %d canaries, %g times faster than real time.\n\n",
		len(s.Fleet.Accounts), len(s.Fleet.Canaries), s.World.Clock.Scale())
	tellf(out, "export AWS_ENDPOINT_URL=http://%s\n", address)
	for _, u := range s.Fleet.Users {
		tellf(out, "export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_REGION=%s  # %s of account %s\n",
			u.AccessKey, u.Secret, s.Fleet.Accounts[0].Regions[0], u.Name, s.Fleet.Names().Account(u.Account))
	}
	tellf(out, "\n")
	for _, e := range [][2]string{
		{"/_awssim/health", "whether it is up"},
		{"/_awssim/journal?since=0", "every mutation, every denied call, every run"},
		{"/_awssim/verdict", "runs lost, and runs failed because of a migration"},
		{"/_awssim/targets", "the keys that the fleet marks as targets"},
	} {
		tellf(out, "http://%s%-26s %s\n", address, e[0], e[1])
	}
	tellf(out, "\nCtrl-C ends it.\n")
}
