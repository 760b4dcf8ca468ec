package servicetest

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/service"
	"rekey/workflows"
)

// notLong is a context for what does not come.
func notLong(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	t.Cleanup(cancel)
	return ctx
}

func (s Stage) testCensus(t *testing.T) {
	cell := workflows.Cell{Account: "777777777777", Region: "eu-west-1"}
	s.World.Settle(cell, "a", "b", "c")
	release := s.World.Hold(cell)
	in := workflows.CensusPageInput{Census: workflows.CensusInput{Cell: cell, After: "a", Limit: 1}}
	first, err := s.BeginCensus(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.BeginCensus(t.Context(), in); err != nil || again != first {
		t.Errorf("begun while it runs: %s, %v; want the same run %s", again, err, first)
	}
	Eventually(t, func(context.Context) bool { return s.World.Looks(cell) > 0 })
	if _, err := s.AwaitCensus(notLong(t), in, first); !errors.Is(err, service.ErrNotYet) {
		t.Errorf("awaiting what takes longer: %v, want ErrNotYet", err)
	}
	release()
	for range 2 { // also when it has ended
		page, err := s.AwaitCensus(t.Context(), in, first)
		if err != nil || len(page.Canaries) != 1 || page.Canaries[0].Name != "b" || !page.More {
			t.Errorf("%+v, %v; want b, and more", page, err)
		}
	}
	if n := s.World.Looks(cell); n != 1 {
		t.Errorf("looked %d times for two who asked at the same time", n)
	}
	if later, err := s.BeginCensus(t.Context(), in); err != nil || later == first {
		t.Errorf("begun after it ended: %s, %v; want another run", later, err)
	}
	in.Census.After = "b"
	if _, err := s.AwaitCensus(t.Context(), in, first); !errors.Is(err, service.ErrNotFound) {
		t.Errorf("awaiting another page by that run: %v, want ErrNotFound", err)
	}
}

func (s Stage) testSelection(t *testing.T) {
	in := workflows.ResolveSelectionInput{OUs: []string{"ou-" + strings.ToLower(rand.Text())}, EnabledRegions: true}
	var cells []workflows.FleetCell
	for _, region := range []string{"eu-central-1", "eu-west-1", "us-east-1"} {
		cells = append(cells, workflows.FleetCell{Cell: workflows.Cell{Account: "777777777777", Region: region}})
	}
	s.World.Select(cells, nil)
	run, err := s.BeginSelection(t.Context(), in)
	if err == nil {
		err = s.AwaitSelection(t.Context(), in, run)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.World.Select(nil, nil) // the world goes on; the selection does not
	got, err := s.Selected(t.Context(), in, run, workflows.SelectedFilter{From: cells[1].Cell, Limit: 1})
	if diff := cmp.Diff(cells[1:2], got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}

	problem := &workflows.Problem{
		Reason: workflows.SelectionNotResolved, Message: "no", NextStep: "ask otherwise", Metadata: map[string]string{"what": "an OU", "cause": "denied"},
	}
	s.World.Select(nil, problem)
	in.Organization = true
	if run, err = s.BeginSelection(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, s.AwaitSelection(t.Context(), in, run), problem.Reason, problem.Metadata)
}

func (s Stage) testSummary(t *testing.T) {
	cell := workflows.Cell{Account: "777777777777", Region: "us-west-2"}
	s.World.Settle(cell, "a", "b")
	release := s.World.Hold(cell)
	id := strings.ToLower(rand.Text())[:20]
	in := workflows.FleetInput{Selection: workflows.ResolveSelectionInput{Accounts: []string{cell.Account}, Regions: []string{cell.Region}}}
	if err := s.BeginSummary(t.Context(), id, in); err != nil {
		t.Fatal(err)
	}
	Eventually(t, func(context.Context) bool { return s.World.Looks(cell) > 0 })
	if _, err := s.AwaitSummary(notLong(t), id); !errors.Is(err, service.ErrNotYet) {
		t.Errorf("awaiting what takes longer: %v, want ErrNotYet", err)
	}
	if sum, err := s.Summary(t.Context(), id); err != nil || sum.Complete {
		t.Errorf("while it runs: %+v, %v", sum, err)
	}
	release()
	sum, err := s.AwaitSummary(t.Context(), id)
	if err != nil || !sum.Complete || sum.Counts.Canaries != 2 || sum.CellsRead != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
	if _, err := s.AwaitSummary(t.Context(), strings.ToLower(rand.Text())[:20]); !errors.Is(err, service.ErrNotFound) {
		t.Errorf("an unknown one: %v, want ErrNotFound", err)
	}
}
