package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// accounts selects n accounts in one Region.
func accounts(n int) workflows.ResolveSelectionInput {
	in := workflows.ResolveSelectionInput{Regions: []string{"eu-west-1"}}
	for i := range n {
		in.Accounts = append(in.Accounts, fmt.Sprintf("%012d", i))
	}
	return in
}

// counting is a world in which the account of number n has n canaries, each under a key of its own.
type counting struct {
	env    *testsuite.TestWorkflowEnvironment
	mu     sync.Mutex
	counts int
	active int
	most   int // at a time
	// during is called while a cell is counted.
	during func(n int) error
}

func newCounting() *counting {
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	c := &counting{env: suite.NewTestWorkflowEnvironment(), during: func(int) error { return nil }}
	c.env.RegisterWorkflowWithOptions(Summary, workflow.RegisterOptions{Name: workflows.FleetWorkflow})
	c.env.RegisterActivityWithOptions(c.count, activity.RegisterOptions{Name: workflows.CountCanariesActivity})
	c.env.SetTestTimeout(time.Minute)
	return c
}

func (c *counting) count(_ context.Context, in workflows.CensusInput) (workflows.FleetCounts, error) {
	c.mu.Lock()
	c.counts++
	n := c.counts
	c.active++
	c.most = max(c.most, c.active)
	c.mu.Unlock()
	err := c.during(n)
	c.mu.Lock()
	c.active--
	c.mu.Unlock()
	var counts workflows.FleetCounts
	var canaries int
	_, _ = fmt.Sscanf(in.Cell.Account, "%d", &canaries)
	for i := range canaries {
		counts.Count(workflows.FleetCanary{
			Cell: in.Cell, Name: fmt.Sprint(i), NextStep: workflows.StepNone,
			Encryption: workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: fmt.Sprintf("key-%d-of-%s", i, in.Cell.Account)},
		})
	}
	return counts, err
}

// result runs a summary to its end, or to its handing on.
func (c *counting) result(t *testing.T, in workflows.FleetInput) workflows.FleetSummary {
	t.Helper()
	c.env.ExecuteWorkflow(workflows.FleetWorkflow, in)
	if err := c.env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	var summary workflows.FleetSummary
	if err := c.env.GetWorkflowResult(&summary); err != nil {
		t.Fatal(err)
	}
	return summary
}

func TestSummaryCountsEveryCellSomeAtATime(t *testing.T) {
	c := newCounting()
	got := c.result(t, workflows.FleetInput{Selection: accounts(60)})
	if !got.Complete || got.Cells != 60 || got.CellsRead != 60 || got.Counts.Canaries != 60*59/2 || len(got.CellProblems) > 0 {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff(workflows.Tally{"eu-west-1": 60 * 59 / 2}, got.Counts.ByRegion); diff != "" {
		t.Errorf("by Region (-want +got):\n%s", diff)
	}
	if len(got.Counts.ByKey) != mostShown {
		t.Errorf("%d keys are told, want %d", len(got.Counts.ByKey), mostShown)
	}
	if c.most > readers {
		t.Errorf("%d cells at a time", c.most)
	}
}

// TestSummaryHandsOn stops a run in mid-way, and goes on where it stopped: no cell is lost, or counted twice.
func TestSummaryHandsOn(t *testing.T) {
	in := workflows.FleetInput{Selection: accounts(100)}
	counted, runs := 0, 0
	for {
		c := newCounting()
		ended := 0
		c.env.SetOnActivityCompletedListener(func(*activity.Info, converter.EncodedValue, error) {
			ended++
			c.env.SetContinueAsNewSuggested(ended >= 10)
		})
		began := c.env.Now()
		c.env.ExecuteWorkflow(workflows.FleetWorkflow, in)
		runs, counted = runs+1, counted+c.counts
		next, ok := errors.AsType[*workflow.ContinueAsNewError](c.env.GetWorkflowError())
		if !ok {
			var got workflows.FleetSummary
			if err := c.env.GetWorkflowResult(&got); err != nil {
				t.Fatal(err)
			}
			if !got.Complete || got.CellsRead != 100 || got.Counts.Canaries != 100*99/2 || counted != 100 {
				t.Errorf("after %d runs and %d counts: %+v", runs, counted, got)
			}
			break
		}
		in = workflows.FleetInput{}
		if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
			t.Fatal(err)
		}
		if left := in.Resume.Deadline.Sub(began); runs == 1 && left != patience {
			t.Errorf("it gives up after %s", left)
		}
	}
	if runs < 2 {
		t.Error("it never handed on")
	}
}

// throttled is what a cell ends with that AWS does not answer in time.
var throttled = &workflows.Problem{Reason: workflows.AWSRefused, Message: "throttled"}

func TestSummaryTellsHowFarItIs(t *testing.T) {
	c := newCounting()
	c.during = func(n int) error {
		if n > 30 {
			return failure.Retry(throttled, 0) // it is tried again for some minutes
		}
		return nil
	}
	var during workflows.FleetSummary
	c.env.RegisterDelayedCallback(func() {
		answer, err := c.env.QueryWorkflow(workflows.FleetQuery)
		if err == nil {
			err = answer.Get(&during)
		}
		if err != nil {
			t.Error(err)
		}
	}, 30*time.Second)
	got := c.result(t, workflows.FleetInput{Selection: accounts(60)})
	if during.Complete || during.Cells != 60 || during.CellsRead != 30 || len(during.CellProblems) != 0 {
		t.Errorf("while it ran it told %+v", during)
	}
	if !got.Complete || got.CellsRead != 30 || got.CellProblems[0].Reason != throttled.Reason {
		t.Errorf("at the end it told %+v", got)
	}
}

func TestSummaryTellsWhatCannotBeRead(t *testing.T) {
	c := newCounting()
	c.during = func(int) error {
		return failure.Refuse(&workflows.Problem{Reason: workflows.AccessDenied, Message: "denied", Metadata: map[string]string{"operation": "synthetics:DescribeCanaries"}})
	}
	got := c.result(t, workflows.FleetInput{Selection: accounts(30)})
	if !got.Complete || got.Cells != 30 || got.CellsRead != 0 || len(got.CellProblems) != workflows.MaxCellProblems {
		t.Fatalf("%+v", got)
	}
	p := got.CellProblems[0]
	if p.Reason != workflows.AccessDenied || p.Metadata["account_id"] == "" || p.Metadata["operation"] == "" {
		t.Errorf("%+v does not say which cell", p)
	}
}

// TestSummaryGivesUp begins in the last ten minutes of a summary; a cell that AWS does not answer for takes three.
func TestSummaryGivesUp(t *testing.T) {
	c := newCounting()
	c.during = func(int) error { return failure.Retry(throttled, 0) }
	began, resume := c.env.Now(), &workflows.FleetResume{}
	for i := range 6 * readers {
		resume.Left = append(resume.Left, workflows.Cell{Account: fmt.Sprintf("%012d", i), Region: "eu-west-1"})
	}
	resume.Deadline, resume.Summary.Cells = began.Add(10*time.Minute), len(resume.Left)
	got := c.result(t, workflows.FleetInput{Resume: resume})
	if !got.Complete || got.Cells != len(resume.Left) || got.CellsRead != 0 || len(got.CellProblems) != workflows.MaxCellProblems {
		t.Errorf("%+v", got)
	}
	if took := c.env.Now().Sub(began); took < 10*time.Minute || took > 14*time.Minute {
		t.Errorf("it took %s of the workflow's time", took)
	}
}

func TestSelectionIsResolvedFirst(t *testing.T) {
	denied := &workflows.Problem{Reason: workflows.AccessDenied, Message: "no Regions", Metadata: map[string]string{"operation": "account:ListRegions"}}
	three := workflows.Selection{Accounts: []workflows.SelectedAccount{
		{Account: "000000000003", Regions: []string{"us-east-1", "eu-west-1"}},
		{Account: "000000000002", Problem: denied},
	}}
	var many workflows.Selection
	for i := range workflows.MaxCells + 1 {
		many.Accounts = append(many.Accounts, workflows.SelectedAccount{Account: fmt.Sprintf("%012d", i), Regions: []string{"eu-west-1"}})
	}
	refused := failure.Refuse(&workflows.Problem{Reason: workflows.SelectionNotResolved, Message: "no"})
	tests := map[string]struct {
		selection workflows.Selection
		err       error
		want      workflows.Reason // of the failure
	}{
		"two cells, and an account that can't be asked": {three, nil, ""},
		"too many cells":        {many, nil, workflows.SelectionTooLarge},
		"Organizations refuses": {workflows.Selection{}, refused, workflows.SelectionNotResolved},
	}
	for reason, test := range tests {
		t.Run(reason, func(t *testing.T) {
			c := newCounting()
			resolve := func(context.Context, workflows.ResolveSelectionInput) (workflows.Selection, error) {
				return test.selection, test.err
			}
			c.env.RegisterActivityWithOptions(resolve, activity.RegisterOptions{Name: workflows.ResolveSelectionActivity})
			in := workflows.FleetInput{Selection: workflows.ResolveSelectionInput{Organization: true, EnabledRegions: true}}
			if test.want == "" {
				got := c.result(t, in)
				if got.Cells != 3 || got.CellsRead != 2 || got.Counts.Canaries != 6 || len(got.CellProblems) != 1 || got.CellProblems[0].Metadata["account_id"] != "000000000002" {
					t.Errorf("%+v", got)
				}
				return
			}
			c.env.ExecuteWorkflow(workflows.FleetWorkflow, in)
			if err := c.env.GetWorkflowError(); !failure.Is(err, test.want) {
				t.Errorf("ended with %v, want %s", err, test.want)
			}
		})
	}
}

// TestSelectionHoldsItsCells asks a selection that has ended.
func TestSelectionHoldsItsCells(t *testing.T) {
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	env.RegisterWorkflow(Selection)
	env.ExecuteWorkflow(Selection, accounts(10))
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	answer, err := env.QueryWorkflow(workflows.SelectedQuery, workflows.SelectedFilter{From: workflows.Cell{Account: "000000000007", Region: "eu-west-1"}, Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	var got []workflows.FleetCell
	if err := answer.Get(&got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Cell.Account != "000000000007" || got[1].Cell.Account != "000000000008" {
		t.Errorf("%+v", got)
	}
}

func TestStateOfAFullSummaryFitsIntoAPayload(t *testing.T) {
	s := summary{}
	for account := range workflows.MaxCells {
		cell := workflows.Cell{Account: fmt.Sprintf("%012d", account), Region: "ap-southeast-1"}
		s.Left = append(s.Left, cell)
		var counts workflows.FleetCounts
		for i := range 25 {
			counts.Count(workflows.FleetCanary{Cell: cell, Encryption: workflows.Encryption{
				Mode: workflows.SSEKMS, KeyARN: fmt.Sprintf("arn:aws:kms:ap-southeast-1:%012d:key/11111111-2222-3333-4444-%012d", account, i),
			}})
		}
		s.Summary.Counts.Add(counts)
		s.Summary.Counts.Cut(keptValues)
	}
	payload, err := converter.GetDefaultDataConverter().ToPayload(workflows.FleetInput{Selection: accounts(1000), Resume: s.handedOn()})
	if err != nil {
		t.Fatal(err)
	}
	if size := len(payload.GetData()); size > 1_500_000 {
		t.Errorf("%d bytes of the 2 MB of a payload", size)
	}
	if s.Summary.Counts.Canaries != 100_000 || len(s.Summary.Counts.ByAccount) != workflows.MaxCells {
		t.Errorf("%d canaries, %d accounts", s.Summary.Counts.Canaries, len(s.Summary.Counts.ByAccount))
	}
}
