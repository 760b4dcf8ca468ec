package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"rekey/internal/stack"
)

// nothing leaves errors to main.
func nothing(context.Context, *cli.Command, error) {}

// stackFlags are those of commands that start a whole stack.
func stackFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "bin", HideDefault: true,
			Usage: "`DIRECTORY` of rekey, rekey-server, rekey-worker and temporal (default: that of this program)",
		},
		&cli.StringFlag{
			Name: "dir", Value: "build",
			Usage: "`DIRECTORY` under which logs and other files are kept",
		},
	}
}

// stackConfig is the part of a stack's configuration that its commands share. A Temporal server that the environment
// names is used instead of starting one.
func stackConfig(c *cli.Command, timeScale float64) (stack.Config, error) {
	bin := c.String("bin")
	if bin == "" {
		self, err := os.Executable()
		if err != nil {
			return stack.Config{}, fmt.Errorf("the directory of the programs: %w; name it with --bin", err)
		}
		bin = filepath.Dir(self)
	}
	for _, program := range []string{"rekey", stack.Server, stack.Worker, stack.Temporal} {
		if _, err := os.Stat(filepath.Join(bin, program)); errors.Is(err, os.ErrNotExist) {
			return stack.Config{}, fmt.Errorf("%s holds no %s: run make build tools, or name the directory with --bin", bin, program)
		}
	}
	return stack.Config{Bin: bin, TimeScale: timeScale, UseTemporal: os.Getenv("TEMPORAL_ADDRESS") != ""}, nil
}
