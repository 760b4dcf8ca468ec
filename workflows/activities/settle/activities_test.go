package settle

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"rekey/workflows"
	"rekey/workflows/failure"
)

var asked = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// service is what the steps are answered with, and what was asked of them.
type service struct {
	update, confirm error
	sent, looked    int
	begun           time.Time // which the look was told
}

func (a *service) steps() Steps {
	return Steps{
		Update: func(context.Context, workflows.UpdateInput) (workflows.Updated, error) {
			a.sent++
			return workflows.Updated{Since: asked}, a.update
		},
		Confirm: func(_ context.Context, in workflows.ConfirmInput) (workflows.Confirmed, error) {
			a.looked++
			a.begun = in.Begun
			if a.confirm != nil {
				return workflows.Confirmed{}, a.confirm
			}
			return workflows.Confirmed{State: "RUNNING", Settled: asked.Add(time.Second)}, nil
		},
	}
}

// attempt is one attempt at an update, which remembers what the one before has sent.
func attempt(t *testing.T, a *service, before *sent) (workflows.Applied, *sent, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(New(a.steps()).ApplyUpdate, activity.RegisterOptions{Name: workflows.ApplyUpdateActivity})
	if before != nil {
		env.SetHeartbeatDetails(*before)
	}
	var remembered *sent
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		remembered = new(sent)
		if err := details.Get(remembered); err != nil {
			t.Error(err)
		}
	})
	in := workflows.ApplyUpdateInput{Limit: time.Minute}
	in.Poll = workflows.Poll{Every: time.Millisecond, Scale: 1}
	value, err := env.ExecuteActivity(workflows.ApplyUpdateActivity, in)
	var applied workflows.Applied
	if err == nil {
		if err := value.Get(&applied); err != nil {
			t.Fatal(err)
		}
	}
	return applied, remembered, err
}

func TestApplyUpdateInOneAttempt(t *testing.T) {
	a := &service{}
	applied, remembered, err := attempt(t, a, nil)
	if err != nil || remembered != nil {
		t.Fatalf("error %v, remembered %v", err, remembered)
	}
	want := workflows.Applied{
		Updated: workflows.Updated{Since: asked}, Confirmed: workflows.Confirmed{State: "RUNNING", Settled: asked.Add(time.Second)},
	}
	if diff := cmp.Diff(want, applied); diff != "" {
		t.Errorf("applied (-want +got):\n%s", diff)
	}
}

// TestApplyUpdateRemembersWhatWasSent sends an update once, however many looks it takes until AWS has settled it.
func TestApplyUpdateRemembersWhatWasSent(t *testing.T) {
	a := &service{confirm: failure.Wait("it is UPDATING", time.Second)}
	_, remembered, err := attempt(t, a, nil)
	if !failure.IsWait(err) || remembered == nil || !remembered.Since.Equal(asked) {
		t.Fatalf("error %v, remembered %v", err, remembered)
	}
	begun := remembered.At
	for range 2 {
		if _, remembered, err = attempt(t, a, remembered); !failure.IsWait(err) || remembered == nil {
			t.Fatalf("error %v, remembered %v", err, remembered)
		}
	}
	a.confirm = nil
	applied, _, err := attempt(t, a, remembered)
	if err != nil || !applied.Since.Equal(asked) {
		t.Fatalf("applied %v, error %v", applied, err)
	}
	if a.sent != 1 || a.looked != 4 || !a.begun.Equal(begun) {
		t.Errorf("%d updates and %d looks since %s, want 1 and 4 since %s", a.sent, a.looked, a.begun, begun)
	}
}

// TestApplyUpdateEnds tells an update that was refused, and left nothing behind, from one that was made and did not come well.
func TestApplyUpdateEnds(t *testing.T) {
	refused := failure.Refuse(&workflows.Problem{Reason: workflows.CanaryNotUpdatable, Message: "it is in ERROR"})
	long := &sent{Updated: workflows.Updated{Since: asked}, At: time.Now().Add(-time.Hour)}
	for name, test := range map[string]struct {
		aws    service
		before *sent
		failed workflows.Reason // of the activity
		answer workflows.Reason // in its answer
		late   bool
	}{
		"refused":                {aws: service{update: refused}, failed: workflows.CanaryNotUpdatable},
		"made, and broken by it": {aws: service{confirm: refused}, answer: workflows.CanaryNotUpdatable},
		"made, and never seen":   {aws: service{confirm: failure.Wait("it is UPDATING", time.Second)}, before: long, late: true},
	} {
		t.Run(name, func(t *testing.T) {
			applied, _, err := attempt(t, &test.aws, test.before)
			if (err != nil) != (test.failed != "") || err != nil && failure.Problem(err).Reason != test.failed {
				t.Fatalf("error %v, want %q", err, test.failed)
			}
			var answer workflows.Reason
			if applied.Problem != nil {
				answer = applied.Problem.Reason
			}
			if answer != test.answer || applied.Late != test.late {
				t.Errorf("applied %+v, want problem %q, late %t", applied, test.answer, test.late)
			}
		})
	}
}

// TestApplyUpdateOutlastsAnOutage goes on looking when the time is up and AWS could not be asked: it may have settled long ago.
func TestApplyUpdateOutlastsAnOutage(t *testing.T) {
	outage := failure.Retry(&workflows.Problem{Reason: workflows.AWSRefused, Message: "503"}, time.Second)
	long := &sent{Updated: workflows.Updated{Since: asked}, At: time.Now().Add(-time.Hour)}
	applied, remembered, err := attempt(t, &service{confirm: outage}, long)
	if err == nil || failure.IsRefusal(err) || remembered == nil {
		t.Errorf("applied %+v, error %v, remembered %v", applied, err, remembered)
	}
}
