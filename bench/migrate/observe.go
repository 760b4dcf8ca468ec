package migrate

import (
	"context"
	"fmt"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.temporal.io/sdk/client"

	"rekey/bench/ground"
	"rekey/bench/history"
	"rekey/bench/machine"
)

// observation is what has been spent so far.
type observation struct {
	calls     map[string]int64 // of AWS, by operation
	actions   map[string]int64 // of Temporal, by type
	processes map[string]machine.Usage
}

func observe(ctx context.Context, g *ground.Ground) (o observation, err error) {
	if o.processes, err = g.Used(); err != nil {
		return o, err
	}
	if err := g.Ask(ctx, "calls", &o.calls); err != nil {
		return o, err
	}
	o.actions, err = actions(ctx, g)
	return o, err
}

// judge asks for what is known only after the end, and costs too much to be asked while something is measured: what the
// simulated AWS says of lost runs, and what the histories hold.
func (r *Result) judge(ctx context.Context, g *ground.Ground) error {
	var verdict struct {
		Lost   int `json:"runs_lost"`
		Caused int `json:"runs_failed_because_of_migration"`
	}
	if err := g.Ask(ctx, "verdict", &verdict); err != nil {
		return err
	}
	r.RunsLost, r.RunsCaused = verdict.Lost, verdict.Caused
	c, err := client.Dial(client.Options{HostPort: g.Stack.Temporal()})
	if err != nil {
		return err
	}
	defer c.Close()
	counts, err := history.Read(ctx, c)
	if err != nil {
		return err
	}
	r.fillHistories(counts)
	return nil
}

// actionMetric counts the operations that Temporal Cloud would bill, by type (Temporal's documentation, "Estimate Actions
// for migration").
const actionMetric = "action"

// actions are the billable actions that the Temporal server has counted: those that no history shows among them.
func actions(ctx context.Context, g *ground.Ground) (map[string]int64, error) {
	response, err := ground.Get(ctx, g.Stack.Metrics())
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		return nil, fmt.Errorf("metrics of Temporal: %w", err)
	}
	counts := map[string]int64{}
	for _, metric := range families[actionMetric].GetMetric() {
		for _, label := range metric.GetLabel() {
			if label.GetName() == "action_type" {
				counts[label.GetValue()] += int64(metric.GetCounter().GetValue())
			}
		}
	}
	return counts, nil
}
