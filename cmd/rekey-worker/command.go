package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v3"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"rekey/internal/build"
	"rekey/internal/profile"
	"rekey/workflows/activities/evidence"
	"rekey/workflows/aws"
)

const description = `The worker takes the member role of each account that a migration names, with the credentials of the AWS SDK's
default chain (AWS_PROFILE, AWS_ACCESS_KEY_ID, a container's role, …). AWS_ENDPOINT_URL leads it to a simulated AWS.

It finds Temporal through Temporal's own environment: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY,
TEMPORAL_TLS_… and the profile of TEMPORAL_PROFILE.

With --deployment-name and --build-id it is a version of a worker deployment of Temporal, and gets work when that version is
made the current one; docs/upgrades.md tells how.

SIGINT and SIGTERM stop it: activities in flight get 20 seconds to finish, and what did not is repeated elsewhere.`

// command is the worker's command line. Nothing that it prints is secret.
func command(stdout, stderr io.Writer) *cli.Command {
	return &cli.Command{
		Name:        "rekey-worker",
		Version:     build.Version(),
		Usage:       "carry out migrations of canaries' artifact encryption",
		Description: description,
		Writer:      stdout,
		ErrWriter:   stderr,
		Flags:       flags(),
		Action: func(ctx context.Context, c *cli.Command) error {
			s, err := settingsOf(c, stderr)
			if err != nil {
				return err
			}
			return run(ctx, s)
		},
	}
}

// flags are what the command line takes; docs/operations.md has them too.
func flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "member-role", Value: "rekey-member", Sources: cli.EnvVars("REKEY_MEMBER_ROLE"),
			Usage: "`NAME` of the role that is assumed in each account",
		},
		&cli.StringFlag{
			Name: "external-id", Sources: cli.EnvVars("REKEY_EXTERNAL_ID"), HideDefault: true,
			Usage: "external `ID` that the member roles ask for",
		},
		&cli.StringFlag{
			Name: "session-name", Value: "rekey", Sources: cli.EnvVars("REKEY_SESSION_NAME"),
			Usage: "`NAME` under which CloudTrail of the accounts shows the worker",
		},
		&cli.FloatFlag{
			Name: "aws-rate-share", Value: 1, Sources: cli.EnvVars("REKEY_AWS_RATE_SHARE"),
			Usage: "`PART` of the rates that AWS turns out to bear in an account that the worker uses: above 0, at most 1",
		},
		&cli.StringFlag{
			Name: "evidence-dir", Sources: cli.EnvVars("REKEY_EVIDENCE_DIR"), HideDefault: true,
			Usage: "`DIRECTORY` at or below which evidence may be written to file:// places (default: none may)",
		},
		&cli.StringFlag{
			Name: "evidence-uri", Sources: cli.EnvVars("REKEY_EVIDENCE_URI"), HideDefault: true,
			Usage: "`URI` of the place of evidence that names none: s3://bucket/prefix or file:///directory (default: --evidence-dir)",
		},
		&cli.StringFlag{
			Name: "identity", Sources: cli.EnvVars("REKEY_WORKER_IDENTITY"),
			Usage: "`NAME` of the worker in workflow histories (process@host when unset)",
		},
		&cli.StringFlag{
			Name: "deployment-name", Sources: cli.EnvVars("REKEY_DEPLOYMENT_NAME", "TEMPORAL_DEPLOYMENT_NAME"),
			Usage: "`NAME` of the worker deployment that the worker is a version of (default: workers are not versioned)",
		},
		&cli.StringFlag{
			Name: "build-id", Sources: cli.EnvVars("REKEY_BUILD_ID", "TEMPORAL_WORKER_BUILD_ID"),
			Usage: "`ID` of the version in its deployment, one for each build",
		},
		&cli.DurationFlag{
			Name: "temporal-deadline", Value: time.Minute, Sources: cli.EnvVars("REKEY_TEMPORAL_DEADLINE"),
			Usage: "how long to try to reach Temporal at the start",
		},
		&cli.BoolFlag{
			Name: "temporal-gzip", Sources: cli.EnvVars("REKEY_TEMPORAL_GZIP"),
			Usage: "compress what is sent to Temporal: for a network that is slow or paid for by the byte, at the price of CPU here and there",
		},
		&cli.StringFlag{
			Name: "log-level", Value: "info", Sources: cli.EnvVars("REKEY_LOG_LEVEL"),
			Usage: "least `LEVEL` of what is logged: debug, info, warn or error",
		},
		&cli.StringFlag{
			Name: "log-format", Value: "text", Sources: cli.EnvVars("REKEY_LOG_FORMAT"),
			Usage: "`FORMAT` of the log on standard error: text or json",
		},
		profile.Flag(),
	}
}

// settingsOf validates what the command line and the environment say.
func settingsOf(c *cli.Command, stderr io.Writer) (settings, error) {
	logger, err := newLogger(stderr, c.String("log-level"), c.String("log-format"))
	if err != nil {
		return settings{}, err
	}
	places, err := evidencePlaces(c.String("evidence-dir"), c.String("evidence-uri"))
	if err != nil {
		return settings{}, err
	}
	share := c.Float("aws-rate-share")
	if !(share > 0 && share <= 1) { // so that NaN is refused too
		return settings{}, errors.New("aws-rate-share must be above 0 and at most 1")
	}
	version, err := versionOf(c.String("deployment-name"), c.String("build-id"))
	if err != nil {
		return settings{}, err
	}
	temporal, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return settings{}, err
	}
	temporal.Logger = log.NewStructuredLogger(logger)
	temporal.Identity = c.String("identity")
	if !c.Bool("temporal-gzip") {
		temporal.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	}
	return settings{
		logger:   logger,
		temporal: temporal,
		deadline: c.Duration("temporal-deadline"),
		evidence: places,
		profiles: c.String("pprof-address"),
		version:  version,
		aws: aws.Config{
			MemberRole:  c.String("member-role"),
			ExternalID:  c.String("external-id"),
			SessionName: c.String("session-name"),
			RateShare:   share,
			Logger:      logger,
		},
	}, nil
}

// versionOf is the version of a worker deployment, none without a name and an id. What Temporal refuses in them is told at the
// start: to a worker that polls it would only be a poll that fails (Temporal server, ValidateDeploymentVersionFields).
func versionOf(deployment, build string) (worker.WorkerDeploymentVersion, error) {
	switch {
	case (deployment == "") != (build == ""):
		return worker.WorkerDeploymentVersion{}, errors.New("deployment-name and build-id go together: set both, or none")
	case strings.ContainsAny(deployment, ".:"):
		return worker.WorkerDeploymentVersion{}, errors.New("deployment-name must have no dot and no colon in it")
	case strings.HasPrefix(deployment, "__"), strings.HasPrefix(build, "__"):
		return worker.WorkerDeploymentVersion{}, errors.New("deployment-name and build-id must not begin with __")
	}
	return worker.WorkerDeploymentVersion{DeploymentName: deployment, BuildID: build}, nil
}

// evidencePlaces says where evidence may go. The directory must be there: one that is misspelt, or not mounted, is told at
// the start and not when a migration is closed.
func evidencePlaces(dir, uri string) (evidence.Config, error) {
	if dir != "" {
		absolute, err := filepath.Abs(dir)
		if err != nil {
			return evidence.Config{}, fmt.Errorf("evidence-dir: %w", err)
		}
		if info, err := os.Stat(absolute); err != nil || !info.IsDir() {
			return evidence.Config{}, fmt.Errorf("evidence-dir must be a directory that is there: %s", dir)
		}
		dir = absolute
		if uri == "" {
			uri = (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir)}).String()
		}
	}
	places := evidence.Config{URI: uri, Directory: dir}
	if err := places.Check(); err != nil {
		return evidence.Config{}, fmt.Errorf("evidence-uri: %w", err)
	}
	return places, nil
}

func newLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, errors.New("log-level must be debug, info, warn or error")
	}
	options := &slog.HandlerOptions{Level: least}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, errors.New("log-format must be text or json")
}
