package cell

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/canary"
)

// mustBake reports whether the migration asks for the bake of a wave that has not been carried out.
func (c *cell) mustBake() bool {
	b := c.steering.Bake
	return b != nil && b.Wave < len(c.report.Waves) && !c.report.Waves[b.Wave].Baked
}

// bake awaits the runs that a bake asks for, and then compares how the migrated canaries of the wave and those that were not
// begun do. It ends early when the migration does not ask for it any more, and is begun anew after canaries were put back.
func (c *cell) bake(ctx workflow.Context) error {
	bake := *c.steering.Bake
	asked := func() bool { return c.steering.Bake != nil && *c.steering.Bake == bake && !c.hasToTurnBack() }
	if err := c.awaitBake(ctx, bake, asked); err != nil || !asked() {
		return err
	}
	watched := c.migratedOf(bake.Wave)
	found, err := workflows.Comparison{}, error(nil)
	if len(watched) > 0 {
		found, err = c.compare(ctx, "compare migrated canaries with others", watched, c.control())
	}
	if err != nil { // then nothing is known, which is no reason to go on
		workflow.GetLogger(ctx).Warn("canaries can't be compared", "error", err)
	}
	w := &c.report.Waves[bake.Wave]
	w.Baked, w.Watched, w.Migrated, w.Control = true, len(watched), found.Migrated, found.Control
	c.Changed()
	return ctx.Err()
}

// awaitBake waits until every migrated canary of the wave has completed so many runs after that which proved it, or the run
// deadline has passed.
func (c *cell) awaitBake(ctx workflow.Context, bake workflows.Bake, asked func() bool) error {
	if bake.Runs == 0 {
		return nil
	}
	deadline := workflow.Now(ctx).Add(c.RunDeadline())
	waiting := 0
	var handed error
	for i := range c.canaries {
		item := c.canaries[i]
		if !runsOn(item) || waveOf(&item) != bake.Wave {
			continue
		}
		waiting++
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer func() { waiting-- }()
			if err := c.awaitRuns(ctx, item, bake.Runs, deadline); errors.Is(err, canary.ErrHandedOn) {
				handed = err
			}
		})
	}
	err := workflow.Await(ctx, func() bool { return waiting == 0 || !asked() })
	if err == nil && !asked() {
		for i := range c.canaries {
			c.runs.release(c.canaries[i].Recorded.Name, canary.ErrNotInTime)
		}
		err = workflow.Await(ctx, func() bool { return waiting == 0 })
	}
	return errors.Join(err, handed)
}

// awaitRuns waits for so many runs of a canary after those that proved it.
func (c *cell) awaitRuns(ctx workflow.Context, item workflows.Canary, runs int, deadline time.Time) error {
	since := item.Since
	w := workflows.Waiting{Name: item.Recorded.Name, ID: item.Recorded.ID, Since: since, Browsers: item.Recorded.Browsers}
	seen := map[string]bool{}
	if item.Proof != nil {
		for _, run := range item.Proof.Runs {
			w.After = append(w.After, run.ID)
		}
	}
	perRun := max(1, len(item.Recorded.Browsers))
	for len(seen) < runs*perRun {
		ready, err := c.runs.await(ctx, &w, deadline)
		if err != nil || ready.Gone || ready.Problem != nil {
			return err
		}
		for _, run := range ready.Runs {
			if !seen[run.ID] {
				seen[run.ID] = true
				w.After = append(w.After, run.ID)
			}
		}
	}
	return nil
}
