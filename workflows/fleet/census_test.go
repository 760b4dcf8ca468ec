package fleet

import (
	"context"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"rekey/workflows"
	"rekey/workflows/failure"
)

var cell = workflows.Cell{Account: "111111111111", Region: "eu-west-1"}

// keyed is a canary under a key, or under none.
func keyed(name, key string) workflows.FleetCanary {
	c := workflows.FleetCanary{Cell: cell, Name: name, RoleARN: "role", Encryption: workflows.Encryption{Mode: workflows.AWSManaged}}
	if key != "" {
		c.Encryption = workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: key}
	}
	return c
}

// take takes a census of what the activities answer.
func take(t *testing.T, in workflows.CensusPageInput, page workflows.CensusPage, unreadable error, survey func(workflows.SurveyInput) (workflows.Survey, error)) workflows.CensusPage {
	t.Helper()
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflow(Census)
	env.RegisterActivityWithOptions(func(context.Context, workflows.CensusInput) (workflows.CensusPage, error) { return page, unreadable },
		activity.RegisterOptions{Name: workflows.ReadCanariesActivity})
	env.RegisterActivityWithOptions(func(_ context.Context, in workflows.SurveyInput) (workflows.Survey, error) { return survey(in) },
		activity.RegisterOptions{Name: workflows.SurveyAccessActivity})
	in.Census.Cell = cell
	env.ExecuteWorkflow(Census, in)
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	var got workflows.CensusPage
	if err := env.GetWorkflowResult(&got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestCensusLooksForAccessWhereAsked(t *testing.T) {
	page := workflows.CensusPage{Canaries: []workflows.FleetCanary{keyed("a", "k"), keyed("b", ""), keyed("c", "l"), keyed("d", "k")}, More: true}
	grant := workflows.AccessChange{Method: workflows.ByGrant, RoleARN: "role", KeyARN: "k", GrantID: "g", Document: "its terms", Why: "a grant to the role alone"}
	wide := workflows.Left{Change: workflows.AccessChange{Method: workflows.ByRolePolicy, RoleARN: "role", KeyARN: "l", PolicyName: "all"}, Why: "gives every key"}
	asked := 0
	survey := func(in workflows.SurveyInput) (workflows.Survey, error) {
		asked++
		want := []workflows.Pair{{RoleARN: "role", KeyARN: "k"}, {RoleARN: "role", KeyARN: "l"}}
		if diff := cmp.Diff(want, in.Old); diff != "" {
			t.Errorf("surveyed (-want +got):\n%s", diff)
		}
		return workflows.Survey{Old: []workflows.AccessChange{grant}, Left: []workflows.Left{wide}, Unlisted: []workflows.Pair{want[1]}}, nil
	}
	got := take(t, workflows.CensusPageInput{Access: true}, page, nil, survey)
	told := map[string][]string{}
	for _, c := range got.Canaries {
		for _, a := range c.Access {
			told[c.Name] = append(told[c.Name], string(a.Method)+": "+a.Why)
			if a.Document != "" {
				t.Errorf("the text of %s is told", a.GrantID)
			}
		}
	}
	want := map[string][]string{
		"a": {"GRANT: a grant to the role alone"},
		"c": {"ROLE_POLICY: gives every key", "GRANT: whether there are grants is not known: those on l could not be listed"},
		"d": {"GRANT: a grant to the role alone"},
	}
	if diff := cmp.Diff(want, told); diff != "" || !got.More || got.Problem != nil {
		t.Errorf("%v, %v (-want +got):\n%s", got.More, got.Problem, diff)
	}

	take(t, workflows.CensusPageInput{}, page, nil, survey)
	take(t, workflows.CensusPageInput{Access: true}, workflows.CensusPage{Canaries: []workflows.FleetCanary{keyed("b", "")}}, nil, survey)
	if asked != 1 {
		t.Errorf("surveyed %d times, want only where it was asked for and there is a key", asked)
	}
}

func TestACensusThatFailsIsAnAnswer(t *testing.T) {
	denied := failure.Refuse(&workflows.Problem{Reason: workflows.AccessDenied, Message: "denied", Metadata: map[string]string{"operation": "x"}})
	want := map[string]string{"account_id": cell.Account, "region": cell.Region, "operation": "x"}

	got := take(t, workflows.CensusPageInput{}, workflows.CensusPage{}, denied, nil)
	if got.Problem == nil || got.Problem.Reason != workflows.AccessDenied || !cmp.Equal(got.Problem.Metadata, want) || got.More {
		t.Errorf("a cell that can't be read is told as %+v", got)
	}
	page := workflows.CensusPage{Canaries: []workflows.FleetCanary{keyed("a", "k")}, More: true}
	got = take(t, workflows.CensusPageInput{Access: true}, page, nil, func(workflows.SurveyInput) (workflows.Survey, error) { return workflows.Survey{}, denied })
	if got.Problem == nil || !cmp.Equal(got.Problem.Metadata, want) || len(got.Canaries) != 1 || !got.More {
		t.Errorf("access that can't be read is told as %+v", got)
	}
}
