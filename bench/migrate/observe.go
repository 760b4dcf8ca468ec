package migrate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.temporal.io/sdk/client"

	"rekey/bench/history"
	"rekey/bench/machine"
)

// observation is what has been spent so far.
type observation struct {
	calls     map[string]int64 // of AWS, by operation
	actions   map[string]int64 // of Temporal, by type
	processes map[string]machine.Usage
}

func (b *bench) observe(ctx context.Context) (observation, error) {
	o := observation{processes: map[string]machine.Usage{}}
	for name, pid := range b.stack.PIDs() {
		used, err := machine.UsageOf(pid)
		if err != nil {
			return o, err
		}
		o.processes[name] = used
	}
	if err := getJSON(ctx, b.stack.AWS()+"/_awssim/calls", &o.calls); err != nil {
		return o, err
	}
	var err error
	o.actions, err = b.actions(ctx)
	return o, err
}

// judge asks for what is known only after the end, and costs too much to be asked while something is measured: what the
// simulated AWS says of lost runs, and what the histories hold.
func (b *bench) judge(ctx context.Context, r *Result) error {
	var verdict struct {
		Lost   int `json:"runs_lost"`
		Caused int `json:"runs_failed_because_of_migration"`
	}
	if err := getJSON(ctx, b.stack.AWS()+"/_awssim/verdict", &verdict); err != nil {
		return err
	}
	r.RunsLost, r.RunsCaused = verdict.Lost, verdict.Caused
	c, err := client.Dial(client.Options{HostPort: b.stack.Temporal()})
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
func (b *bench) actions(ctx context.Context) (map[string]int64, error) {
	response, err := get(ctx, b.stack.Metrics())
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

func getJSON(ctx context.Context, url string, into any) error {
	response, err := get(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	return json.NewDecoder(response.Body).Decode(into)
}

func get(ctx context.Context, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, fmt.Errorf("%s: %s", url, response.Status)
	}
	return response, nil
}
