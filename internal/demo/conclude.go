package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"rekey/awssim/verdict"
	"rekey/internal/tables"
)

// afterwards is how long the simulated AWS runs on before the verdict: longer than the interval between two runs of
// any canary of the fleet, and a run.
const afterwards = 6 * time.Minute

// outcomes shows what became of the canaries.
func (d *demo) outcomes(ctx context.Context) error {
	canaries, err := d.list(ctx)
	if err != nil {
		return err
	}
	d.outcome = canaries
	d.chapter("Outcome", "what became of each canary, and what somebody should know or do")
	d.table(tables.Outcome(canaries, d.world.Accounts))
	d.attention(canaries)
	return nil
}

// judge compares with what was expected: every canary's outcome, and what the journal of the simulated AWS says.
func (d *demo) judge(ctx context.Context) error {
	d.chapter("Verdict", "what the simulated AWS saw, and whether all of it was expected")
	v, err := d.verdictAfterwards(ctx)
	if err != nil {
		return err
	}
	d.sayf("%d runs of %d canaries. Runs lost: %d. Runs failed because of the migration: %d.", v.Runs, v.Canaries, v.Lost, v.Caused)
	harmed := d.harm(v)
	differences := d.expected.Differences(Actual(d.outcome))
	for _, difference := range differences {
		d.sayf("  %s", difference)
	}
	d.sayf("Logs, the fleet, the spec and the report are in %s.", d.stack.Logs())
	if harmed || len(differences) > 0 {
		return ErrUnexpected
	}
	d.sayf("Every outcome of %s is the expected one.", tables.Counted(len(d.outcome), "canary"))
	return nil
}

// harm tells which canaries lost runs, or failed because of the migration, and reports whether that was not expected.
func (d *demo) harm(v *verdict.Verdict) bool {
	unexpected := v.Lost > 0 || v.Variance > 0
	for _, o := range v.Outcomes {
		for _, g := range o.Gaps {
			d.sayf("  %s lost %s: %+v", o.ARN, tables.Counted(g.Lost, "run"), g)
		}
		caused := 0
		for _, f := range o.Failures {
			if f.Caused {
				caused++
				d.sayf("  %s: the run of %s could not write its %s", o.ARN, f.Started.Format(time.TimeOnly), f.Refused)
			}
		}
		if want := d.expected.failedRuns(o.ARN); caused != want {
			d.sayf("  %s: %s failed because of the migration, expected %d", o.ARN, tables.Counted(caused, "run"), want)
			unexpected = true
		} else if want > 0 {
			d.sayf("    (expected: a guardrail that nobody can read, and a runtime without dry runs that would find it)")
		}
	}
	if v.Variance > 0 {
		d.sayf("  %s differed from their baseline: ignore areas were lost", tables.Counted(v.Variance, "run"))
	}
	return unexpected
}

// verdictAfterwards is the verdict when every canary has run once more without its old access.
func (d *demo) verdictAfterwards(ctx context.Context) (*verdict.Verdict, error) {
	first, err := d.verdict(ctx)
	if err != nil {
		return nil, err
	}
	d.sayf("Waiting until every canary has run once more, without its old access …")
	for v := first; ; {
		if v.Until.Sub(first.Until) > afterwards {
			return v, nil
		}
		if err := wait(ctx); err != nil {
			return nil, err
		}
		if v, err = d.verdict(ctx); err != nil {
			return nil, err
		}
	}
}

// verdict asks the simulated AWS.
func (d *demo) verdict(ctx context.Context) (*verdict.Verdict, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.stack.AWS()+"/_awssim/verdict", http.NoBody)
	if err != nil {
		return nil, err
	}
	reply, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return nil, fmt.Errorf("the journal's verdict: %w", err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the journal's verdict: %s", reply.Status)
	}
	var v verdict.Verdict
	if err := json.NewDecoder(reply.Body).Decode(&v); err != nil {
		return nil, fmt.Errorf("the journal's verdict: %w", err)
	}
	return &v, nil
}
