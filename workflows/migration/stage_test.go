package migration

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// stage is a migration with cells that are played, on a clock that skips what nobody waits for.
type stage struct {
	t   *testing.T
	env *testsuite.TestWorkflowEnvironment
	// parts are what is in the cells, by account.
	parts map[string]content
	// inFlight are the stories that are told just now, and peak the most that there were.
	inFlight, peak int
	// due are the instants at which something is to be done before the migration ends.
	due int
	// unwritten is why evidence can't be written; nil writes it to a place.
	unwritten *workflows.Problem
	// format is the migration's, and notices what it has written into its memo.
	format  int
	notices []workflows.GateNotice
}

// content is what is in a played cell.
type content struct {
	// canaries are the states in which the canaries rest, and lasts how long their stories take; a minute without.
	canaries []workflows.CanaryState
	lasts    []time.Duration
	// problem keeps the cell from being planned, and dies is when its workflow ends that nobody has closed; zero for never.
	problem *workflows.Problem
	dies    time.Duration
	// held says that access is held, and reviewing how long another look at it takes.
	held      bool
	reviewing time.Duration
}

func newStage(t *testing.T, parts map[string]content) *stage {
	t.Helper()
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s := &stage{t: t, env: suite.NewTestWorkflowEnvironment(), parts: parts, format: workflows.FormatRollout}
	s.env.SetTestTimeout(20 * time.Second)
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: workflows.MigrationID("m-0")})
	s.env.RegisterWorkflowWithOptions(Workflow, workflow.RegisterOptions{Name: workflows.MigrationWorkflow})
	s.env.RegisterWorkflowWithOptions(s.play, workflow.RegisterOptions{Name: workflows.CellWorkflow})
	s.env.OnUpsertMemo(mock.Anything).Run(func(args mock.Arguments) {
		s.notices = append(s.notices, args.Get(0).(map[string]any)[workflows.GateMemo].(workflows.GateNotice))
	}).Return(nil)
	s.env.RegisterActivityWithOptions(s.write, activity.RegisterOptions{Name: workflows.WriteEvidenceActivity})
	return s
}

func (s *stage) write(context.Context, workflows.EvidenceInput) (workflows.WrittenEvidence, error) {
	if s.unwritten != nil {
		return workflows.WrittenEvidence{}, failure.Refuse(s.unwritten)
	}
	return workflows.WrittenEvidence{Place: "file:///evidence/m-0"}, nil
}

const region = "eu-west-1"

// run plays the migration to its end, and answers its last view.
func (s *stage) run(rollout workflows.Rollout) workflows.MigrationView {
	s.t.Helper()
	spec := workflows.Spec{Regions: []string{region}, MaxConcurrent: 10, Rollout: rollout, Approval: &workflows.ApprovalPolicy{}}
	spec.Accounts = slices.Sorted(maps.Keys(s.parts))
	now := s.env.Now()
	s.env.ExecuteWorkflow(Workflow, workflows.MigrationInput{
		ID: "m-0", Spec: spec, TimeScale: 1, Format: s.format,
		// As if it had been handed on before it began, so that it is not handed on when it rests.
		Resume: &workflows.MigrationResume{View: workflows.MigrationView{
			ID: "m-0", Spec: spec, Rollout: rollout, MaxConcurrent: spec.MaxConcurrent, State: workflows.Planning, Revision: 1, Created: now,
		}},
	})
	if err := s.env.GetWorkflowError(); err != nil && !workflow.IsContinueAsNewError(err) {
		s.t.Errorf("the migration is %+v, and ended with %v", s.view().State, err)
	}
	if s.due > 0 {
		s.t.Errorf("the migration ended too early: %d things were not done yet", s.due)
	}
	return s.view()
}

// view is what the migration answers just now.
func (s *stage) view() workflows.MigrationView {
	s.t.Helper()
	var view workflows.MigrationView
	answer, err := s.env.QueryWorkflow(workflows.MigrationQuery)
	if err == nil {
		err = answer.Get(&view)
	}
	if err != nil {
		s.t.Errorf("querying the migration: %v", err)
	}
	return view
}

// at does something at an instant after the start.
func (s *stage) at(after time.Duration, do func()) {
	s.due++
	s.env.RegisterDelayedCallback(func() {
		s.due--
		do()
	}, after)
}

// ask calls a verb, which is to be taken.
func (s *stage) ask(update string, in any) {
	s.askFor(update, in, func(err error) {
		if err != nil {
			s.t.Errorf("%s was refused: %v", update, err)
		}
	})
}

// askFor calls a verb, and hands on why it was refused; nil when it was taken.
func (s *stage) askFor(update string, in any, answered func(error)) {
	s.env.UpdateWorkflow(update, update+s.env.Now().String(), &testsuite.TestUpdateCallback{
		OnReject: answered, OnAccept: func() {}, OnComplete: func(_ any, err error) { answered(err) },
	}, in)
}

// must checks what holds at an instant.
func (s *stage) must(what string, holds bool) {
	s.t.Helper()
	if !holds {
		v := s.view()
		s.t.Errorf("%s: not so. It is %s (%s), with waves %+v, pauses %+v and canaries %v", what, v.State, v.StateReason, v.Waves, v.Pauses, v.Progress.States)
	}
}
