// Package suite runs all other sub-commands of the benchmark, one after another and each as a process of its own, so that one
// that fails does not stop the others and that none pays for another's memory.
package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v3"

	"rekey/bench/machine"
	"rekey/bench/record"
)

// errFailed says that a part failed.
var errFailed = errors.New("a part of the benchmark failed, or found a broken invariant")

// Command is the command "all". It ends in one line of counts, and fails when a part fails.
func Command() *cli.Command {
	return &cli.Command{
		Name:  "all",
		Usage: "run everything else, at its documented size",
		Flags: []cli.Flag{
			record.OutFlag(),
			machine.BinFlag(),
			&cli.BoolFlag{Name: "small", Usage: "only see that everything works, in four minutes on two cores"},
			&cli.StringSliceFlag{Name: "part", Usage: "`NAMES` of the only parts to run (default: all)", HideDefault: true},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			program, err := os.Executable()
			if err != nil {
				return err
			}
			parts, err := choose(partsOf(c.Bool("small")), c.StringSlice("part"))
			if err != nil {
				return err
			}
			r := runner{program: program, out: c.String("out"), bin: c.String("bin"), log: c.Root().Writer}
			return r.all(ctx, parts)
		},
	}
}

// runner runs parts.
type runner struct {
	program, out, bin string
	log               io.Writer
}

// all runs the parts, whatever becomes of each, and ends in a line of counts.
func (r runner) all(ctx context.Context, parts []part) error {
	var broken, ends []string
	begun := time.Now()
	for _, p := range parts {
		began := time.Now()
		end, err := r.one(ctx, p)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			broken = append(broken, p.name)
			end += "; " + err.Error()
		}
		ends = append(ends, fmt.Sprintf("%s: %s (%.0f s)", p.name, end, time.Since(began).Seconds()))
	}
	_, _ = fmt.Fprintf(r.log, "\n%s\nbench: parts=%d broken=%d seconds=%.0f\n",
		strings.Join(ends, "\n"), len(parts), len(broken), time.Since(begun).Seconds())
	if len(broken) > 0 {
		return fmt.Errorf("%w: %s", errFailed, strings.Join(broken, ", "))
	}
	return nil
}

// one runs a part, and returns its last line, which are its counts.
func (r runner) one(ctx context.Context, p part) (last string, err error) {
	_, _ = fmt.Fprintf(r.log, "\n== bench %s %s\n", p.name, strings.Join(p.args, " "))
	args := append([]string{p.name, "--out", r.out}, p.args...)
	if !p.computes {
		args = append(args, "--bin", r.bin)
	}
	cmd := exec.CommandContext(ctx, r.program, args...) //nolint:gosec // this program
	// Interrupted as a shell's children are, so that it ends the processes that it has started.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	var told bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.MultiWriter(r.log, &told), os.Stderr
	err = cmd.Run()
	lines := strings.Split(strings.TrimSpace(told.String()), "\n")
	return lines[len(lines)-1], err
}
