package servicetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rekey/workflows"
)

func (s Stage) testCells(t *testing.T) {
	id := s.start(t).Input.ID
	first, second, third := testCell, workflows.Cell{Account: "111111111111", Region: "us-east-1"}, workflows.Cell{Account: "222222222222", Region: "eu-west-1"}
	for cell, state := range map[workflows.Cell]workflows.CanaryState{
		third: workflows.CanaryFailed, first: workflows.Pending, second: workflows.CanaryFailed,
	} {
		s.Cell(t, id, cell, []workflows.Canary{{Cell: cell, Recorded: workflows.Settings{Name: "a"}, State: state}})
	}
	failed := workflows.CanariesFilter{States: []workflows.CanaryState{workflows.CanaryFailed}}
	for reason, test := range map[string]struct {
		filter workflows.CellsFilter
		want   []workflows.Cell
		more   bool
	}{
		"all, by account and Region":         {workflows.CellsFilter{Limit: 3}, []workflows.Cell{first, second, third}, false},
		"a full page says that others come":  {workflows.CellsFilter{Limit: 2}, []workflows.Cell{first, second}, true},
		"others must be admitted, too":       {workflows.CellsFilter{Limit: 1, Account: first.Account, Region: first.Region}, []workflows.Cell{first}, false},
		"from a cell on":                     {workflows.CellsFilter{Limit: 3, From: second}, []workflows.Cell{second, third}, false},
		"from a cell on that is left out":    {workflows.CellsFilter{Limit: 3, From: first, Canaries: failed}, []workflows.Cell{second, third}, false},
		"cells without a match are left out": {workflows.CellsFilter{Limit: 3, Canaries: failed}, []workflows.Cell{second, third}, false},
		"of an account":                      {workflows.CellsFilter{Limit: 3, Account: third.Account}, []workflows.Cell{third}, false},
		"of a Region":                        {workflows.CellsFilter{Limit: 3, Region: first.Region}, []workflows.Cell{first, third}, false},
		"of a wave that nobody is in":        {workflows.CellsFilter{Limit: 3, Canaries: workflows.CanariesFilter{Wave: new(0)}}, nil, false},
	} {
		page, err := s.Cells(t.Context(), id, test.filter)
		if err != nil || page.More != test.more {
			t.Errorf("%s: %+v, %v; want more %v", reason, page, err, test.more)
		}
		var got []workflows.Cell
		for _, report := range page.Cells {
			got = append(got, report.Cell)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
	}
}

func (s Stage) testReturns(t *testing.T) {
	id := s.start(t).Input.ID
	until := time.Unix(1000, 0).UTC() // long ago
	visual := workflows.Settings{Name: "b", Visual: []workflows.VisualReference{{BaseRunID: "run-1"}}}
	s.Cell(t, id, testCell, []workflows.Canary{
		{Cell: testCell, Recorded: workflows.Settings{Name: "a"}, State: workflows.Migrated, Wave: new(0)},
		{Cell: testCell, Recorded: visual, State: workflows.Migrated, RollBackUntil: until, Wave: new(1)},
		{Cell: testCell, Recorded: workflows.Settings{Name: "c"}, State: workflows.Pending, Wave: new(1)},
	})
	tooOld := []workflows.ReturnObstacle{{Canary: "b", Problem: &workflows.Problem{Reason: workflows.BaselineNotRestorable}, Until: until}}
	for reason, test := range map[string]struct {
		part workflows.Part
		want workflows.ReturnsPage
	}{
		"everything": {workflows.Part{}, workflows.ReturnsPage{Returnable: 2, FreshBaselines: 1, Obstacles: tooOld}},
		"a wave":     {workflows.Part{Wave: new(0)}, workflows.ReturnsPage{Returnable: 1}},
		"a canary":   {workflows.Part{Cell: &testCell, Canary: "b"}, workflows.ReturnsPage{Returnable: 1, FreshBaselines: 1, Obstacles: tooOld}},
	} {
		got, err := s.Returns(t.Context(), id, testCell, test.part)
		if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(workflows.Problem{}, "Message", "NextStep", "Metadata")); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", reason, err, diff)
		}
	}
}
