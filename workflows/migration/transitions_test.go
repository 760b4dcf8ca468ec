package migration

import (
	"slices"
	"strings"
	"testing"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// verbs are the control verbs, of the whole and of a part that there is.
var verbs = []struct {
	name string
	ask  func(*migration) error
}{
	{"approve", func(m *migration) error { return m.mayApprove(nil, workflows.Approval{Digest: digest}) }},
	{"pause", func(m *migration) error { return m.mayPause(nil, workflows.Pause{}) }},
	{"pause part", func(m *migration) error { return m.mayPause(nil, workflows.Pause{Part: part()}) }},
	{"resume", func(m *migration) error { return m.mayResume(nil, workflows.Resume{}) }},
	{"resume part", func(m *migration) error { return m.mayResume(nil, workflows.Resume{Part: part()}) }},
	{"cancel", func(m *migration) error { return m.mayCancel(nil, workflows.Cancellation{}) }},
	{"cancel part", func(m *migration) error { return m.mayCancel(nil, workflows.Cancellation{Part: part()}) }},
	{"roll back", func(m *migration) error { return m.mayRollBack(nil, workflows.RollBack{}) }},
	{"roll back part", func(m *migration) error { return m.mayRollBack(nil, workflows.RollBack{Part: part()}) }},
	{"retry", func(m *migration) error { return m.mayRetry(nil, workflows.Retry{}) }},
	{"advance", func(m *migration) error { return m.mayAdvance(nil, workflows.Advance{Wave: 0}) }},
	{"rollout", func(m *migration) error {
		return m.mayChange(nil, workflows.RolloutChange{Waves: []workflows.WaveChange{{Wave: 1, BakeRuns: new(1)}}})
	}},
	{"confirm", func(m *migration) error { return m.mayConfirm(nil, workflows.Confirmation{}) }},
	{"close", func(m *migration) error { return m.mayClose(nil, workflows.Closing{}) }},
}

const digest = "5bce64946ba30a86ddeeae08bf7206c01c534a632893770d4c6e9d77b7349911"

func part() workflows.Part { return workflows.Part{Wave: new(0)} }

// allowed are the verbs that each state takes. Everything else is WRONG_STATE.
var allowed = map[workflows.State]string{
	workflows.Planning:         "cancel",
	workflows.AwaitingApproval: "approve, cancel, rollout",
	workflows.Running:          "approve, pause, pause part, resume, resume part, cancel, cancel part, roll back, roll back part, advance, rollout, confirm",
	workflows.PausedState:      "approve, pause, pause part, resume, resume part, cancel, cancel part, roll back, roll back part, advance, rollout, confirm",
	workflows.RollingBack:      "approve, pause, pause part, resume, resume part, roll back, roll back part, rollout, confirm",
	workflows.Succeeded:        "approve, roll back, roll back part, retry, confirm, close",
	workflows.Failed:           "approve, roll back, roll back part, retry, confirm, close",
	workflows.CancelledState:   "approve, cancel, roll back, roll back part, retry, confirm, close",
	workflows.RolledBackState:  "approve, roll back, roll back part, retry, confirm, close",
	workflows.Planned:          "close",
	workflows.ClosedState:      "approve, close",
}

// in is a migration in a state, as it gets there: approved from RUNNING on, wave 0 judged, and a canary that failed.
func in(state workflows.State) *migration {
	m := &migration{in: workflows.MigrationInput{Format: workflows.FormatRollout}, cells: newCells(nil)}
	m.view = workflows.MigrationView{ID: "m-0", State: state}
	if state == workflows.Planning {
		return m
	}
	m.view.Plan = &workflows.Plan{Digest: digest}
	m.view.Waves = []workflows.Wave{{State: workflows.WaveJudged}, {Number: 1, State: workflows.WavePending}}
	if state == workflows.AwaitingApproval || state == workflows.Planned {
		return m
	}
	m.view.Approval = &workflows.Approval{Digest: digest}
	m.cells = newCells([]workflows.Cell{{Account: "1", Region: "r"}})
	m.cells.report[m.cells.order[0]].States = map[workflows.CanaryState]int{workflows.CanaryFailed: 1}
	if state == workflows.CancelledState {
		m.view.Cancel = &workflows.Cancellation{}
	}
	return m
}

func TestEveryVerbInEveryState(t *testing.T) {
	for state, list := range allowed {
		for _, verb := range verbs {
			want := slices.Contains(strings.Split(list, ", "), verb.name)
			err := verb.ask(in(state))
			switch {
			case want && err != nil:
				t.Errorf("%s refuses to %s: %v", state, verb.name, err)
			case !want && err == nil:
				t.Errorf("%s takes %s", state, verb.name)
			case !want && failure.Problem(err).Reason != workflows.WrongState:
				t.Errorf("%s refuses to %s with %v, want %s", state, verb.name, err, workflows.WrongState)
			case !want && failure.Problem(err).Metadata["state"] != string(state):
				t.Errorf("%s refuses to %s without naming its state: %v", state, verb.name, failure.Problem(err).Metadata)
			}
		}
	}
}

// TestMigrationsOfBeforeRefuseNewVerbs: their cells would not understand.
func TestMigrationsOfBeforeRefuseNewVerbs(t *testing.T) {
	for _, name := range []string{"pause", "resume", "advance", "rollout", "retry", "close", "cancel part", "roll back part"} {
		for _, verb := range verbs {
			for state := range allowed {
				m := in(state)
				m.in.Format = 0
				if err := verb.ask(m); verb.name == name && err == nil {
					t.Errorf("a migration of before that is %s takes %s", state, name)
				}
			}
		}
	}
}

func TestPartsThatThereAreNot(t *testing.T) {
	cases := map[string]error{
		"wave": in(workflows.Running).mayPause(nil, workflows.Pause{Part: workflows.Part{Wave: new(7)}}),
		"cell": in(workflows.Running).mayPause(nil, workflows.Pause{Part: workflows.Part{Cell: &workflows.Cell{Account: "9"}}}),
		"judged wave": in(workflows.Running).mayChange(nil, workflows.RolloutChange{
			Waves: []workflows.WaveChange{{Wave: 0, BakeRuns: new(1)}},
		}),
	}
	for name, err := range cases {
		if err == nil || failure.Problem(err).Reason != workflows.PartNotFound {
			t.Errorf("%s: %v, want %s", name, err, workflows.PartNotFound)
		}
	}
}

func TestABudgetThatIsUsedUpIsNotResumed(t *testing.T) {
	m := in(workflows.PausedState)
	cell := workflows.Cell{Account: "1", Region: "r"}
	m.cells = newCells([]workflows.Cell{cell})
	m.cells.report[cell].States = map[workflows.CanaryState]int{workflows.Pending: 3}
	m.view.Budget = workflows.BudgetState{Allowed: new(1), Failed: 2}
	for name, err := range map[string]error{
		"resume":  m.mayResume(nil, workflows.Resume{}),
		"advance": m.mayAdvance(nil, workflows.Advance{}),
	} {
		p := failure.Problem(err)
		if p.Reason != workflows.BudgetUsedUp || p.Metadata["allowed"] != "1" || p.Metadata["failed"] != "2" {
			t.Errorf("%s: %v %v, want %s with 1 allowed and 2 failed", name, p, p.Metadata, workflows.BudgetUsedUp)
		}
	}
	m.view.Budget.Allowed = new(2)
	if err := m.mayResume(nil, workflows.Resume{}); err != nil {
		t.Errorf("with a raised budget it is not resumed: %v", err)
	}
}

func TestWhoseApprovalCounts(t *testing.T) {
	ann, ben := workflows.Caller{Name: "dns:ann", Verified: true}, workflows.Caller{Name: "dns:ben", Verified: true}
	cases := map[string]struct {
		reason  string
		policy  workflows.ApprovalPolicy
		by      workflows.Caller
		anyName bool
		want    workflows.Reason
	}{
		"one of anybody":     {reason: "The default asks for no name.", policy: workflows.ApprovalPolicy{Required: 1}},
		"two verified":       {policy: workflows.ApprovalPolicy{Required: 2}, by: ann},
		"two, not verified":  {policy: workflows.ApprovalPolicy{Required: 2}, by: workflows.Caller{Name: "ann"}, want: workflows.CallerNotVerified},
		"two, development":   {policy: workflows.ApprovalPolicy{Required: 2}, by: workflows.Caller{Name: "ann"}, anyName: true},
		"two, without names": {reason: "Nobody is not two people.", policy: workflows.ApprovalPolicy{Required: 2}, anyName: true, want: workflows.CallerNotVerified},
		"the creator":        {policy: workflows.ApprovalPolicy{Required: 1, ExcludeCreator: true}, by: ann, want: workflows.ApproverNotAllowed},
		"another":            {policy: workflows.ApprovalPolicy{Required: 1, ExcludeCreator: true}, by: ben},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := in(workflows.AwaitingApproval)
			m.in.AnyName, m.view.By, m.view.Spec.Approval = c.anyName, ann, &c.policy
			var got workflows.Reason
			if err := m.mayApprove(nil, workflows.Approval{Digest: digest, By: c.by}); err != nil {
				got = failure.Problem(err).Reason
			}
			if got != c.want {
				t.Errorf("%s answered %q, want %q", c.reason, got, c.want)
			}
		})
	}
}
