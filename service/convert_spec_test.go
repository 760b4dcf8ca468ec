package service

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

func TestSpecGoesThereAndBack(t *testing.T) {
	var spec workflows.Spec
	populate(reflect.ValueOf(&spec).Elem(), 1)
	spec.MaxConcurrent, spec.AccessSettle, spec.RunDeadline = 7, 0, time.Hour
	spec.Rollout.Waves = takes
	if diff := cmp.Diff(spec, fromSpec(toSpec(spec))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// takes are waves, one of each kind.
var takes = []workflows.WaveSpec{
	{Coverage: true, PauseAfter: true},
	{Percent: 10, BakeRuns: 2, BakeTime: time.Hour},
	{Count: 7, Budget: &workflows.Budget{Count: new(0)}},
	{List: &workflows.WaveList{Accounts: []string{"111111111111"}, OUs: []string{"r-root"}, NamePatterns: []string{"a*"}}},
}

func TestAWaveTakesOneThing(t *testing.T) {
	for _, wave := range takes {
		if diff := cmp.Diff(wave, fromWaveSpec(toWaveSpec(wave))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if take := toWaveSpec(workflows.WaveSpec{}).GetTake(); take != nil {
		t.Errorf("nothing became %v", take)
	}
}

func TestPartsGoThereAndBack(t *testing.T) {
	cell := &workflows.Cell{Account: "111111111111", Region: "eu-west-1"}
	for reason, part := range map[string]workflows.Part{
		"everything": {}, "the first wave": {Wave: new(0)}, "a cell": {Cell: cell}, "a canary": {Cell: cell, Canary: "checkout"},
	} {
		if diff := cmp.Diff(part, fromPart(toPart(part))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
	}
	if got := fromPart(&rekeyv1.Part{}); !got.IsAll() {
		t.Errorf("a part that names nothing became %v", got)
	}
}

func TestRolloutChangeTellsUnsetFromZero(t *testing.T) {
	by := workflows.Caller{Name: "dns:a", Verified: true}
	for reason, test := range map[string]struct {
		request *rekeyv1.UpdateRolloutRequest
		want    workflows.RolloutChange
	}{
		"nothing set": {&rekeyv1.UpdateRolloutRequest{}, workflows.RolloutChange{By: by}},
		"zeros": {&rekeyv1.UpdateRolloutRequest{
			MaxConcurrentCanaries: new(int32(0)), MaxStartsPerMinutePerCell: new(int32(0)), Budget: &rekeyv1.FailureBudget{Count: new(int32(0))},
			Waves: []*rekeyv1.WaveChange{{BakeTime: durationpb.New(0), BakeRuns: new(int32(0)), PauseAfter: new(false)}},
		}, workflows.RolloutChange{
			MaxTotal: new(0), StartsPerMinute: new(0), Budget: &workflows.Budget{Count: new(0)}, By: by,
			Waves: []workflows.WaveChange{{BakeTime: new(time.Duration(0)), BakeRuns: new(0), PauseAfter: new(false)}},
		}},
		"values": {&rekeyv1.UpdateRolloutRequest{
			MaxConcurrentCanariesPerCell: new(int32(5)), NoBudget: true, Reason: "why",
			Waves: []*rekeyv1.WaveChange{{Wave: 2, Budget: &rekeyv1.FailureBudget{Percent: new(int32(3))}}},
		}, workflows.RolloutChange{
			MaxConcurrent: new(5), NoBudget: true, Reason: "why", By: by,
			Waves: []workflows.WaveChange{{Wave: 2, Budget: &workflows.Budget{Percent: new(3)}}},
		}},
	} {
		if diff := cmp.Diff(test.want, fromRolloutChange(test.request, by)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
	}
}

func TestDefaults(t *testing.T) {
	spec := fromSpec(&rekeyv1.MigrationSpec{})
	if spec.MaxConcurrent != 20 || spec.AccessSettle != 5*time.Minute || spec.RunDeadline != 3*time.Hour {
		t.Errorf("unset: %+v", spec)
	}
	if diff := cmp.Diff(&workflows.ApprovalPolicy{Required: 1, ValidFor: 7 * 24 * time.Hour}, spec.Approval); diff != "" {
		t.Errorf("the approval (-want +got):\n%s", diff)
	}
	spec = fromSpec(&rekeyv1.MigrationSpec{
		Waits: &rekeyv1.Waits{AccessSettle: durationpb.New(0)}, Approval: &rekeyv1.ApprovalPolicy{Required: new(int32(0))},
	})
	if spec.AccessSettle != 0 || spec.RunDeadline != 3*time.Hour || spec.Approval.Required != 0 {
		t.Errorf("an explicit zero: %+v", spec)
	}
}

func TestAForecastTellsWhatRunsCost(t *testing.T) {
	forecast := toForecast(workflows.Forecast{
		ExtraRuns: 1000, Calls: map[string]int{"synthetics:UpdateCanary": 2, "kms:CreateGrant": 1},
		Losing: map[string]int{"arn:a": 1, "arn:c": 3, "arn:b": 3},
	}, 0.0012)
	if cost := forecast.GetExtraRunCostUsd(); cost < 1.19 || cost > 1.21 {
		t.Errorf("1,000 runs at 0.0012 dollars cost %v", cost)
	}
	var order []string
	for _, call := range forecast.GetCalls() {
		order = append(order, call.GetAction())
	}
	for _, viewer := range forecast.GetLosingViewers() {
		order = append(order, viewer.GetPrincipalArn())
	}
	// Calls by name; of viewers those first who lose most, and those who lose as much by name.
	want := []string{"kms:CreateGrant", "synthetics:UpdateCanary", "arn:b", "arn:c", "arn:a"}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
