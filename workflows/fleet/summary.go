package fleet

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/call"
	"rekey/workflows/version"
)

// Bounds of a summary.
const (
	// patience is when cells that were not read are given up: whoever asks must come to an end.
	patience = time.Hour
	// readers is how many cells are read at a time, of the 200 activities that a worker runs at a time.
	readers = 25
	// keptValues is how many values of a kind are counted on, at least, when a summary hands on: some 80 bytes each, and a
	// payload may have 2 MB (Temporal limits).
	keptValues = 4_000
	// mostShown is how many values of a kind a summary tells.
	mostShown = 100
)

// Summary counts the canaries of a selection, cell by cell, and tells how far it is.
func Summary(ctx workflow.Context, in workflows.FleetInput) (workflows.FleetSummary, error) {
	s := &summary{in: in}
	if in.Resume != nil {
		s.FleetResume = *in.Resume
	}
	if err := workflow.SetQueryHandler(ctx, workflows.FleetQuery, func() (workflows.FleetSummary, error) { return s.shown(), nil }); err != nil {
		return workflows.FleetSummary{}, err
	}
	if in.Resume == nil {
		if err := s.begin(ctx); err != nil {
			return workflows.FleetSummary{}, err
		}
	}
	s.read(ctx)
	if s.ended(ctx) {
		s.giveUp()
		return s.shown(), nil
	}
	in.Resume = s.handedOn()
	return workflows.FleetSummary{}, version.HandOn(ctx, workflows.FleetWorkflow, in)
}

// summary is the state of the workflow.
type summary struct {
	in workflows.FleetInput
	workflows.FleetResume
}

// begin finds out the cells. Those of which it is known that they can't be read are problems from the start.
func (s *summary) begin(ctx workflow.Context) error {
	s.Deadline = workflow.Now(ctx).Add(patience)
	cells, err := resolve(ctx, s.in.Selection)
	s.Summary.Cells = len(cells)
	for _, cell := range cells {
		if cell.Problem != nil {
			s.report(cell.Problem)
			continue
		}
		s.Left = append(s.Left, cell.Cell)
	}
	return err
}

// read reads cells, some at a time, until none is left or the run has to hand on; then those that were begun are finished.
func (s *summary) read(ctx workflow.Context) {
	group := workflow.NewWaitGroup(ctx)
	for range min(readers, len(s.Left)) {
		group.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer group.Done()
			for !s.ended(ctx) && !version.Outlived(ctx) {
				cell := s.Left[0]
				s.Left = s.Left[1:]
				s.count(ctx, cell)
			}
		})
	}
	group.Wait(ctx)
}

func (s *summary) ended(ctx workflow.Context) bool {
	return len(s.Left) == 0 || !workflow.Now(ctx).Before(s.Deadline)
}

func (s *summary) count(ctx workflow.Context, cell workflows.Cell) {
	counts, err := call.Do[workflows.FleetCounts](ctx, call.Glance, workflows.CountCanariesActivity,
		"count the canaries of "+cell.Account+" in "+cell.Region,
		workflows.CensusInput{Cell: cell, NamePatterns: s.in.NamePatterns, Filter: s.in.Filter})
	if err != nil {
		s.report(unread(cell, err))
		return
	}
	s.Summary.CellsRead++
	s.Summary.Counts.Add(counts)
	s.Summary.Counts.Cut(keptValues)
}

// giveUp ends the summary. Cells that are left were not read in time.
func (s *summary) giveUp() {
	for _, cell := range s.Left {
		s.report(late(cell))
	}
	s.Summary.Complete, s.Left = true, nil
}

func (s *summary) report(p *workflows.Problem) {
	if len(s.Summary.CellProblems) < workflows.MaxCellProblems {
		s.Summary.CellProblems = append(s.Summary.CellProblems, *p)
	}
}

// shown is the summary as it is told.
func (s *summary) shown() workflows.FleetSummary {
	told := s.Summary
	told.Counts = told.Counts.Most(mostShown)
	return told
}

func (s *summary) handedOn() *workflows.FleetResume {
	resume := s.FleetResume
	return &resume
}
