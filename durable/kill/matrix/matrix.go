// Package matrix plays the kill matrix: for each process and each point, a play of the scenario in which the process is
// killed at that point, and whether it leaves what an undisturbed play leaves.
package matrix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rekey/awssim/sim"
	"rekey/durable/kill/lasting"
	"rekey/durable/kill/scenario"
)

// Config says what is played.
type Config struct {
	// Bin is the directory of the programs, Dir the one for logs and the database of Temporal.
	Bin, Dir string
	// Victims are the processes that are killed, by the stack's names, one pass each.
	Victims []string
	// Points is a pattern of points' names (path.Match); all when empty.
	Points string
	// Subjects is how many canaries, cells or keys of each point are taken, the first and others by the seed; 0 for all.
	Subjects int
	// Cases bounds how many cases are played; 0 for all.
	Cases int
	Seed  uint64
	// Parallel is how many plays run side by side, each in accounts of its own, so that one kill does for several.
	Parallel int
	// Mixed lets cases of different victims be played side by side: then a play may see others killed beside its own victim.
	Mixed bool
	// Stages is how many of the scenario's stages are played; 0 for all.
	Stages int
	// Undisturbed is how many plays are left alone, to know what the others are compared with: at least 2.
	Undisturbed int
	// TimeScale is how many times faster than real time the simulated AWS runs.
	TimeScale float64
	// Played are results of an earlier run with the same versions and settings, which are taken over.
	Played []Result
	// Log is told how it goes.
	Log io.Writer
}

// matrix is one under way.
type matrix struct {
	Config
	rig    rig
	number int // of the last play
	// want is what an undisturbed play comes to, by stage.
	want []end
}

// Run plays a matrix. The report is whole when it fails because cases differ; nothing is left running.
func Run(ctx context.Context, c Config) (*Report, error) {
	m := &matrix{Config: c}
	defer m.rig.close()
	if err := m.rig.start(ctx, c.Bin, c.Dir, c.TimeScale); err != nil {
		return nil, err
	}
	report := &Report{Seed: c.Seed, TimeScale: c.TimeScale, Parallel: c.Parallel, Logs: filepath.Join(c.Dir, "logs")}
	points, err := m.leaveAlone(ctx, report)
	if err != nil {
		return nil, err
	}
	report.Results = slices.Clone(c.Played)
	cases := without(choose(points, c), c.Played)
	m.logf("%d points; %d cases, and %d of an earlier run", len(points), len(cases), len(c.Played))
	err = m.playTwice(ctx, cases, report)
	report.Died = m.rig.deaths() // of one that was interrupted too: it may be resumed
	if err != nil {
		return report, err
	}
	return report, report.verdict()
}

// playTwice plays cases, and once more those whose points others' kills had moved.
func (m *matrix) playTwice(ctx context.Context, cases []Case, report *Report) error {
	if err := m.playAll(ctx, cases, report); err != nil {
		return err
	}
	missed := report.takeMissed()
	if len(missed) > 0 {
		m.logf("%d cases once more: others were killed before they came to their points", len(missed))
	}
	return m.playAll(ctx, missed, report)
}

// playAll plays cases, and reports what became of them.
func (m *matrix) playAll(ctx context.Context, cases []Case, report *Report) error {
	for len(cases) > 0 {
		n := m.together(cases)
		results, err := m.play(ctx, cases[:n])
		if err != nil {
			return err
		}
		report.Results = append(report.Results, results...)
		cases = cases[n:]
	}
	return nil
}

// together is how many cases of the list are played side by side: those of one stage and, unless they are mixed, of one
// victim.
func (m *matrix) together(cases []Case) int {
	first, n := cases[0], 1
	for n < min(m.Parallel, len(cases)) && cases[n].Stage == first.Stage && (m.Mixed || cases[n].Victim == first.Victim) {
		n++
	}
	return n
}

func (m *matrix) logf(format string, args ...any) {
	_, _ = fmt.Fprintf(m.Log, time.Now().Format("15:04:05 ")+format+"\n", args...) // who does not read it does not need it
}

// batch makes a batch of parts.
func (m *matrix) batch(parts []part) (*batch, error) {
	numbers := make([]int, len(parts))
	for i := range parts {
		m.number++
		parts[i].number, numbers[i] = m.number, m.number
	}
	f, err := scenario.Fleet(numbers, m.TimeScale, m.Seed)
	if err != nil {
		return nil, err
	}
	world, err := sim.New(sim.Config{Fleet: f, Observe: true})
	if err != nil {
		return nil, err
	}
	return &batch{rig: &m.rig, world: world, parts: parts}, nil
}

// leaveAlone plays the scenario undisturbed a few times: what all plays come to is what the others are compared with.
func (m *matrix) leaveAlone(ctx context.Context, report *Report) ([]listed, error) {
	parts := make([]part, max(m.Undisturbed, 2))
	for i := range parts {
		parts[i].last = len(m.stages()) - 1
	}
	b, err := m.batch(parts)
	if err != nil {
		return nil, err
	}
	stages := make([]chan end, len(m.stages()))
	for i := range stages {
		stages[i] = make(chan end, len(parts))
	}
	b.stages = func(stage int, e end) { stages[stage] <- e }
	ends, err := b.run(ctx)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	for _, e := range ends {
		if e.err != nil {
			return nil, fmt.Errorf("an undisturbed play: %w", e.err)
		}
	}
	for i, stage := range m.stages() {
		close(stages[i])
		first := <-stages[i]
		for other := range stages[i] {
			if diff := m.differ(first, other); diff != "" {
				return nil, fmt.Errorf("undisturbed plays differ from one another after the stage %q:\n%s", stage.Name, diff)
			}
		}
		m.want = append(m.want, first)
	}
	if own := m.differ(end{changes: m.want[0].changes, outcomes: m.want[0].outcomes}, m.want[0]); own != "" {
		return nil, errors.New("an undisturbed play does harm:\n" + own)
	}
	points, sometimes := list(ends)
	report.Points, report.Sometimes, report.Undisturbed = len(points), sometimes, ends[0].took.Seconds()
	report.Names = map[string]int{}
	for _, p := range points {
		report.Names[NameOf(p.stage, p.Point)]++
	}
	m.logf("undisturbed: %d plays, alike; %.0f s", len(parts), ends[0].took.Seconds())
	return points, nil
}

// stages are those that are played.
func (m *matrix) stages() []scenario.Stage {
	all := scenario.Stages()
	if m.Stages > 0 && m.Stages < len(all) {
		return all[:m.Stages]
	}
	return all
}

// differ tells how a play differs from another, and which harm it did; it is empty for none.
func (m *matrix) differ(want, got end) string {
	texts := []string{lasting.Compare(want.changes, got.changes), lasting.Lines(want.outcomes, got.outcomes)}
	if got.lost > want.lost || got.caused > want.caused {
		texts = append(texts, fmt.Sprintf("runs lost: %d, runs failed because of the migration: %d\n", got.lost, got.caused))
	}
	for _, s := range got.stranded {
		texts = append(texts, "stranded: "+s+"\n")
	}
	return strings.Join(texts, "")
}

// play plays cases of one stage side by side.
func (m *matrix) play(ctx context.Context, cases []Case) ([]Result, error) {
	parts := make([]part, len(cases))
	for i := range cases {
		parts[i] = part{victim: cases[i].Victim, target: &sighting{cases[i].Point, cases[i].Stage}, last: cases[i].Stage}
	}
	b, err := m.batch(parts)
	if err != nil {
		return nil, err
	}
	ends, err := b.run(ctx)
	if err == nil {
		err = ctx.Err() // who is interrupted has not come to an end, and to no difference either
	}
	if err != nil {
		return nil, err
	}
	results := make([]Result, len(cases))
	for i, e := range ends {
		results[i] = m.result(cases[i], parts[i].number, e)
		m.logf("%s", results[i])
	}
	return results, nil
}

func (m *matrix) result(c Case, number int, e end) Result {
	want := m.want[c.Stage]
	r := Result{
		Case: c, Play: number, Reached: e.hit, Recovery: e.recovery.Seconds(), Took: e.took.Seconds(),
		DryRunsRepeated: lasting.Repeated(want.changes, e.changes), Lost: e.lost, Caused: e.caused,
		Difference: m.differ(want, e),
	}
	if e.err != nil { // of course much is missing
		r.Difference = "it did not get to its end: " + e.err.Error() + "\n" + lasting.Surplus(r.Difference)
	}
	r.Equal = r.Difference == ""
	return r
}
