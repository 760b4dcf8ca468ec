// Package peers compares rekey with a plain program that makes the same AWS calls and remembers nothing, on the same fleets:
// with limits as AWS has them and without, and killed half-way.
//
// Where limits are the question, the simulated AWS's clock is as fast as AWS's, because limits are calls per real second and
// would be met by compressed waits. Where they are not, it also runs so fast that waits vanish: they are the same for all, and
// without them the differences are larger than they are on AWS, and never smaller.
package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v3"

	"rekey/bench/machine"
	"rekey/bench/record"
)

// killed is the name of the kills beside those of the questions.
const killed = "kill"

// errBroken says that an invariant did not hold.
var errBroken = errors.New("an invariant was broken")

// Command is the sub-command of the benchmark. It ends in one line of counts, and with an error when an invariant was broken;
// goals that are missed are told.
func Command() *cli.Command {
	return &cli.Command{
		Name:  "peers",
		Usage: "compare rekey with a plain program on the same work",
		Flags: []cli.Flag{
			record.OutFlag(),
			machine.BinFlag(),
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of the generated fleets"},
			&cli.BoolFlag{Name: "small", Usage: "only see that it works, in less than a minute"},
			&cli.IntFlag{Name: "canaries", Usage: "how many canaries the fleets have (default: the preset's)"},
			&cli.IntFlag{Name: "repeats", Usage: "how often each contender does the work (default: the preset's)"},
			&cli.FloatFlag{Name: "updates-per-second", Value: updatesPerSecond, Usage: "what a cell takes where it is limited, of each operation that changes canaries"},
			&cli.StringFlag{Name: "only", Usage: "`NAME` of the one question to ask, or " + killed},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			p, err := preset(c.Bool("small"), c.Uint64("seed")).only(c.String("only"))
			if err != nil {
				return err
			}
			p.adjust(c.Int("canaries"), c.Int("repeats"), c.Float("updates-per-second"))
			return run(ctx, c.Root().Writer, p, c.String("bin"), filepath.Join(c.String("out"), "peers"), c.Uint64("seed"))
		},
	}
}

// adjust replaces sizes that are given.
func (p *Preset) adjust(canaries, repeats int, updates float64) {
	for i := range p.Questions {
		q := &p.Questions[i]
		q.Workload.Updates = updates
		if canaries > 0 {
			q.Workload.Canaries = canaries
		}
		if repeats > 0 {
			q.Repeats = repeats
		}
	}
}

// only leaves the one question of that name, or the kills; all where it is empty.
func (p Preset) only(name string) (Preset, error) {
	switch name {
	case "":
		return p, nil
	case killed:
		return Preset{Kill: p.Kill}, nil
	}
	names := []string{killed}
	for _, q := range p.Questions {
		if q.Name == name {
			return Preset{Questions: []Question{q}}, nil
		}
		names = append(names, q.Name)
	}
	return Preset{}, fmt.Errorf("there is no question %q: --only takes one of %q", name, names)
}

// run asks the questions, prints the answers and writes them.
func run(ctx context.Context, w io.Writer, p Preset, bin, out string, seed uint64) error {
	program, err := build(ctx, out)
	if err != nil {
		return err
	}
	b := &bench{place: place{bin: bin, plain: program, out: out}, log: w}
	versions, err := machine.VersionsOf(ctx, bin)
	if err != nil {
		return err
	}
	r := &Result{Machine: machine.This(), Versions: versions, Seed: seed, Broken: []string{}}
	for _, q := range p.Questions {
		a, err := b.answer(ctx, q)
		if err != nil {
			return err
		}
		r.Answers = append(r.Answers, a)
	}
	if p.Kill.Canaries > 0 {
		for _, c := range []Contender{Goroutines, OneByOne, Rekey} {
			k, err := b.kill(ctx, c, p.Kill)
			if err != nil {
				return fmt.Errorf("killing %s: %w", c, err)
			}
			r.Kills = append(r.Kills, k)
		}
	}
	r.judge()
	r.show(w)
	file := filepath.Join(out, "..", "peers.json")
	r.When = time.Now().UTC().Format(time.RFC3339)
	if err := record.Write(file, r); err != nil {
		return err
	}
	tellf(w, "written to %s\n", filepath.Clean(file))
	tellf(w, "%s\n", r.line())
	if len(r.Broken) > 0 {
		return errBroken
	}
	return nil
}

// build builds the plain program, which is nobody's but the benchmark's.
func build(ctx context.Context, out string) (string, error) {
	file, err := filepath.Abs(filepath.Join(out, "plain"))
	if err != nil {
		return "", err
	}
	if text, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", file, "rekey/bench/peers/plain").CombinedOutput(); err != nil { //nolint:gosec // a path of ours
		return "", fmt.Errorf("building the plain program: %w: %s", err, text)
	}
	return file, nil
}
