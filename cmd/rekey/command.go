package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v3"

	"rekey/internal/build"
)

const description = `rekey moves CloudWatch Synthetics canaries from one artifact encryption to another, across accounts and Regions: it
grants the new key, updates the canary, waits for a run, sets the new baseline, then revokes the old grants.

   rekey plan --account 111122223333 --region eu-west-1 --to-key arn:aws:kms:eu-west-1:…:key/…     what would be done
   rekey create -f spec.yaml --wait                                                                plan it to be carried out
   rekey approve m-… --digest …                                                                    let it run
   rekey watch m-…                                                                                 follow it

plan to fleet call rekey-server, at --endpoint. demo, dev and sim need neither a server nor an AWS account: they run on a
simulated one.

` + exitCodes

// command is the command line of rekey. Each command has a file of its own.
func command(stdout, stderr io.Writer) *cli.Command {
	root := &cli.Command{
		Name:                  "rekey",
		Version:               build.Version(),
		Usage:                 "move canaries to a new artifact encryption",
		Description:           description,
		Writer:                stdout,
		ErrWriter:             stderr,
		HideHelpCommand:       true,
		EnableShellCompletion: true,
		Flags:                 connectionFlags(),
		Commands: slices.Concat(steering(), looking(), []*cli.Command{
			demoCommand(), devCommand(), simCommand(),
		}),
		Action: unknown,
		// What goes wrong is told once, by main.
		ExitErrHandler: nothing,
		ConfigureShellCompletionCommand: func(c *cli.Command) {
			c.Hidden, c.Usage, c.Category = false, "print a completion script for bash, zsh, fish or pwsh", onThisMachine
		},
	}
	_ = root.Walk(func(c *cli.Command) error {
		c.OnUsageError = wrongUsage
		c.DisableSliceFlagSeparator = true // a wave has commas of its own
		return nil
	})
	return root
}

// Categories of commands in the help.
const (
	toSteer       = "Steer a migration"
	toLook        = "Look"
	onThisMachine = "On this machine"
)

// steering are the commands that change something.
func steering() []*cli.Command {
	return []*cli.Command{
		planCommand(), createCommand(), approveCommand(), pauseCommand(), resumeCommand(), advanceCommand(), rolloutCommand(),
		cancelCommand(), rollBackCommand(), retryCommand(), confirmCommand(), closeCommand(),
	}
}

// looking are the commands that change nothing.
func looking() []*cli.Command {
	return []*cli.Command{getCommand(), listCommand(), watchCommand(), canariesCommand(), fleetCommand(), reportCommand()}
}

// unknown is run where no command is named, or one that there is not.
func unknown(_ context.Context, c *cli.Command) error {
	if !c.Args().Present() {
		return cli.ShowRootCommandHelp(c)
	}
	return fmt.Errorf("there is no command %q; rekey --help lists them", c.Args().First())
}

// wrongUsage names where the right one is told.
func wrongUsage(_ context.Context, c *cli.Command, err error, _ bool) error {
	return fmt.Errorf("%w; see %s --help", err, c.FullName())
}

// tellf writes for people. When nobody can be told any more there is nobody to tell that either.
func tellf(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }
