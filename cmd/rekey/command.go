package main

import (
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v3"
)

const description = `rekey moves CloudWatch Synthetics canaries from one artifact encryption to another, across accounts and Regions.

The commands here need no AWS account: they run on a simulated one. rekey-server and rekey-worker are the service.

   rekey demo                        migrate a simulated fleet, and show all of it
   rekey dev                         keep a whole stack up, to try the API with grpcurl
   rekey sim --fleet my-fleet.yaml   serve a simulated AWS to any AWS client
   rekey report m-… -o report.html   write a migration as one HTML file, to look at`

// command is the command line of rekey. Each command has a file of its own.
func command(stdout, stderr io.Writer) *cli.Command {
	return &cli.Command{
		Name:            "rekey",
		Usage:           "try rekey, and rehearse migrations, on this machine",
		Description:     description,
		Writer:          stdout,
		ErrWriter:       stderr,
		HideHelpCommand: true,
		Commands:        []*cli.Command{demoCommand(), devCommand(), simCommand(), reportCommand()},
		// What goes wrong is told once, by main.
		ExitErrHandler: nothing,
	}
}

// tellf writes for people. When nobody can be told any more there is nobody to tell that either.
func tellf(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }

// isTerminal reports whether people look at what is written to w. The null device is a character device too.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
