package main

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/urfave/cli/v3"

	"rekey/service"
	"rekey/service/roles"
)

// callerFlags are about who may call, what, and how often.
func callerFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "tls-client-ca", Sources: cli.EnvVars("REKEY_TLS_CLIENT_CA"), HideDefault: true,
			Usage: "PEM `FILE` of the authorities whose certificates callers must show; names in them say who calls",
		},
		&cli.StringFlag{
			Name: "roles", Sources: cli.EnvVars("REKEY_ROLES"), HideDefault: true,
			Usage: "YAML `FILE` that says who may do what, needed with TLS; without it everybody on this machine may do everything",
		},
		&cli.BoolFlag{
			Name: "development", Sources: cli.EnvVars("REKEY_DEVELOPMENT"),
			Usage: "let names that no certificate verified count for roles and approvals, on loopback only",
		},
		&cli.FloatFlag{
			Name: "calls-per-second", Value: 50, Sources: cli.EnvVars("REKEY_CALLS_PER_SECOND"),
			Usage: "how many `CALLS` a caller may make in a second; 0 for any number",
		},
		&cli.FloatFlag{
			Name: "fleet-calls-per-minute", Value: 30, Sources: cli.EnvVars("REKEY_FLEET_CALLS_PER_MINUTE"),
			Usage: "how many `CALLS` of FleetService, which read AWS live, a caller may make in a minute; 0 for any number",
		},
		&cli.IntFlag{
			Name: "max-calls", Value: 128, Sources: cli.EnvVars("REKEY_MAX_CALLS"),
			Usage: "how many `CALLS` that read may be in flight, of all callers; a quarter as many that change something have room besides",
		},
		&cli.IntFlag{
			Name: "max-watches", Value: 2000, Sources: cli.EnvVars("REKEY_MAX_WATCHES"),
			Usage: "how many `WATCHES` may be open, of all callers",
		},
		&cli.IntFlag{
			Name: "watches-per-caller", Value: 1000, Sources: cli.EnvVars("REKEY_WATCHES_PER_CALLER"),
			Usage: "how many `WATCHES` a caller may have open",
		},
		&cli.IntFlag{
			Name: "max-connections", Value: 1000, Sources: cli.EnvVars("REKEY_MAX_CONNECTIONS"),
			Usage: "how many `CONNECTIONS` may be open; others wait",
		},
		&cli.DurationFlag{
			Name: "call-timeout", Value: time.Minute, Sources: cli.EnvVars("REKEY_CALL_TIMEOUT"),
			Usage: "how long a call may take, whatever its deadline is, but for a watch",
		},
		&cli.FloatFlag{
			Name: "price-per-run", Sources: cli.EnvVars("REKEY_PRICE_PER_RUN"),
			Usage: "`PRICE` of one canary run in US dollars, for forecasts; 0 for none",
		},
	}
}

// configOf validates the flags that are about the service itself.
func configOf(c *cli.Command) (service.Config, error) {
	secured, err := loadTLS(c.String("tls-cert"), c.String("tls-key"), c.String("tls-client-ca"))
	if err != nil {
		return service.Config{}, err
	}
	table, err := loadRoles(c.String("roles"), secured != nil)
	if err != nil {
		return service.Config{}, err
	}
	if secured != nil && c.Bool("development") {
		return service.Config{}, errors.New("development lets callers name themselves, and TLS is for callers from other machines: " +
			"leave one of the two out")
	}
	scale := c.Float("time-scale")
	if !(scale >= 1) || math.IsInf(scale, 1) { // also refuses what is not a number
		return service.Config{}, errors.New("time-scale must be a number from 1 on; 1 is the real AWS")
	}
	for _, name := range []string{"query-timeout", "call-timeout"} {
		if c.Duration(name) <= 0 {
			return service.Config{}, fmt.Errorf("%s must be longer than nothing", name)
		}
	}
	for _, name := range []string{"max-calls", "max-watches", "watches-per-caller", "max-connections"} {
		if c.Int(name) < 1 {
			return service.Config{}, fmt.Errorf("%s must be a number from 1 on", name)
		}
	}
	for _, name := range []string{"calls-per-second", "fleet-calls-per-minute", "price-per-run"} {
		if n := c.Float(name); !(n >= 0) || math.IsInf(n, 1) {
			return service.Config{}, fmt.Errorf("%s must be a number from 0 on", name)
		}
	}
	return service.Config{
		TLS: secured, Roles: table, AnyName: c.Bool("development"),
		CallsPerSecond: c.Float("calls-per-second"), FleetCallsPerMinute: c.Float("fleet-calls-per-minute"),
		MaxCalls: c.Int("max-calls"), MaxWatches: c.Int("max-watches"), WatchesPerCaller: c.Int("watches-per-caller"),
		MaxConnections: c.Int("max-connections"), CallTimeout: c.Duration("call-timeout"),
		RunPriceUSD: c.Float("price-per-run"), TimeScale: scale, QueryTimeout: c.Duration("query-timeout"),
	}, nil
}

// loadRoles reads the table. A server that other machines can reach has none of its own: whoever starts it says who may do
// what, and it lets nobody do everything by mistake.
func loadRoles(path string, secured bool) (*roles.Table, error) {
	if path == "" {
		if secured {
			return nil, errors.New("with TLS other machines can call the server, and nothing says who may do what: " +
				"give --roles; deploy/roles.example.yaml is an example")
		}
		return nil, nil
	}
	return roles.Load(path)
}
