package activities

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/awssim/journal"
	"rekey/workflows"
	"rekey/workflows/failure"
	"rekey/workflows/gate"
)

// pauses are migrations with what of them is paused. One that is not there does not answer.
type pauses map[string]workflows.Gate

func (p pauses) Gate(_ context.Context, migration string) (workflows.Gate, error) {
	g, ok := p[migration]
	if !ok {
		return g, errors.New("no answer")
	}
	return g, nil
}

// Ask implements gate.Gate, without an answer of before.
func (p pauses) Ask(ctx context.Context, subjects []workflows.Subject) error {
	return gate.New(p).Ask(ctx, subjects)
}

var (
	closed  = workflows.Gate{Parts: []workflows.Part{{}}}
	mine    = workflows.Subject{Migration: "m-1", Cell: cell, Canary: "checkout"}
	theirs  = workflows.Subject{Migration: "m-2", Cell: cell}
	missing = workflows.Subject{Migration: "m-3", Cell: cell}
)

// changed are all changes in the journal, by action.
func (w *world) changed() []string {
	var list []string
	for _, e := range w.sim.World.Journal.Since(0) {
		if e.Kind == journal.Mutation {
			list = append(list, e.Action)
		}
	}
	return list
}

// attempt makes one attempt of an activity, whatever it answers.
func attempt(name string, in any) func(*world) error {
	return func(w *world) error {
		_, err := run[any](w, name, in)
		return err
	}
}

// TestPausedActivitiesChangeNothing makes one attempt of each activity that changes something while its migration is
// paused, and one when it is resumed.
func TestPausedActivitiesChangeNothing(t *testing.T) {
	for name, test := range map[string]struct {
		canary  fleet.Canary
		prepare func(w *world) func(*world) error
		action  string
	}{
		"a grant": {fleet.Canary{}, func(w *world) func(*world) error {
			in := w.grant("canary", "new")
			in.By = mine
			return attempt(workflows.EnsureAccessActivity, in)
		}, "kms:CreateGrant"},
		"a role policy": {fleet.Canary{}, func(w *world) func(*world) error {
			in := w.rolePolicy("canary", "new")
			in.By = mine
			return attempt(workflows.EnsureAccessActivity, in)
		}, "iam:PutRolePolicy"},
		"a revoke of a grant": {fleet.Canary{}, func(w *world) func(*world) error {
			in := w.revoke(w.t)
			in.By = mine
			w.migrated(w.recorded("checkout"))
			return attempt(workflows.RevokeActivity, in)
		}, "kms:RevokeGrant"},
		"a revoke of a role policy": {fleet.Canary{}, func(w *world) func(*world) error {
			policy := w.rolePolicy("other", "old")
			if _, err := await[workflows.Effective](w, workflows.EnsureAccessActivity, policy); err != nil {
				w.t.Fatal(err)
			}
			pair := workflows.RevokePair{Pair: policy.Change.Pair(), Changes: []workflows.AccessChange{policy.Change}}
			return attempt(workflows.RevokeActivity, workflows.RevokeInput{Cell: cell, Poll: poll, Pairs: []workflows.RevokePair{pair}, By: mine})
		}, "iam:DeleteRolePolicy"},
		"a dry run": {fleet.Canary{}, func(w *world) func(*world) error {
			in := w.dryRun(w.recorded("checkout"), w.under("new"))
			in.By = mine
			return attempt(workflows.StartDryRunActivity, in)
		}, "synthetics:StartCanaryDryRun"},
		"an update": {fleet.Canary{}, func(w *world) func(*world) error {
			in := w.change(w.recorded("checkout"), w.under("new"))
			in.By = mine
			return attempt(workflows.UpdateCanaryActivity, in)
		}, "synthetics:UpdateCanary"},
		"a commit of a dry run": {fleet.Canary{}, func(w *world) func(*world) error {
			w.granted()
			in := w.change(w.recorded("checkout"), w.under("new"))
			started, _ := w.ended(w.dryRun(in.Recorded, in.To))
			in.By, in.DryRunID = mine, started.ID
			return attempt(workflows.UpdateCanaryActivity, in)
		}, "synthetics:UpdateCanary"},
		"a start": {fleet.Canary{State: "STOPPED"}, func(w *world) func(*world) error {
			return attempt(workflows.StartCanaryActivity, w.start())
		}, "synthetics:StartCanary"},
		"a stop": {fleet.Canary{}, func(w *world) func(*world) error {
			recorded := w.recorded("checkout")
			return attempt(workflows.StopCanaryActivity, workflows.StopInput{Cell: cell, Name: recorded.Name, ID: recorded.ID, Poll: poll, By: mine})
		}, "synthetics:StopCanary"},
		"a baseline": {visual(""), func(w *world) func(*world) error {
			recorded := w.recorded("checkout")
			in := baseline(recorded, w.under("new"), onePerBrowser(w.migrated(recorded).Runs))
			in.By = mine
			return attempt(workflows.SetBaselineActivity, in)
		}, "synthetics:UpdateCanary"},
	} {
		t.Run(name, func(t *testing.T) {
			test.canary.Name, test.canary.RunDuration = "checkout", time.Second
			w := newWorld(t, canaries(test.canary))
			attempt := test.prepare(w)
			before := w.changed()

			w.pauses = pauses{"m-1": closed}
			refused(t, attempt(w), workflows.Paused)
			w.pauses = pauses{}
			retried(t, attempt(w)) // its migration does not answer
			if diff := cmp.Diff(before, w.changed()); diff != "" {
				t.Fatalf("changes while it is paused (+):\n%s", diff)
			}
			w.pauses = pauses{"m-1": {}}
			if err := attempt(w); err != nil && !failure.IsWait(err) {
				t.Errorf("when it is resumed: %v", err)
			}
			if diff := cmp.Diff(append(before, test.action), w.changed()); diff != "" {
				t.Errorf("changes when it is resumed (-want +got):\n%s", diff)
			}
		})
	}
}

// start asks that the canary, which rests, be started.
func (w *world) start() workflows.StartInput {
	recorded := w.recorded("checkout")
	return workflows.StartInput{
		Cell: cell, Name: recorded.Name, ID: recorded.ID, Settled: w.sim.World.Clock.Now().Truncate(time.Second), Poll: poll, By: mine,
	}
}

// TestAccessIsRestoredDuringAPause gives removed access again for nobody's sake, which no pause holds: runs are denied it.
func TestAccessIsRestoredDuringAPause(t *testing.T) {
	w := newWorld(t)
	w.pauses = pauses{"m-1": closed}
	if _, err := await[workflows.Effective](w, workflows.EnsureAccessActivity, w.grant("canary", "new")); err != nil {
		t.Fatal(err)
	}
}

// TestPausedRevokeGoesOn pauses when one of two grants is gone: that is told when it is resumed, dated before the first
// removal.
func TestPausedRevokeGoesOn(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}), func(f *fleet.Fleet) {
		f.Grants = append(f.Grants, fleet.Grant{Key: shop + "/" + region + "/old", Role: shop + "/canary"})
	})
	in := w.revoke(t)
	in.By, in.Asked = mine, time.Now()
	if len(in.Pairs[0].Changes) != 2 {
		t.Fatalf("%d grants, want two", len(in.Pairs[0].Changes))
	}
	w.migrated(w.recorded("checkout"))
	begun := w.sim.World.Clock.Now()
	w.pauses = pauses{"m-1": {}}
	w.after["TrentService.RevokeGrant"] = func() { w.pauses["m-1"] = closed }
	_, err := run[any](w, workflows.RevokeActivity, in)
	refused(t, err, workflows.Paused)
	if n := len(w.mutations("kms:RevokeGrant")); n != 1 {
		t.Fatalf("%d grants are revoked, want one before the pause", n)
	}
	w.after = nil
	w.pauses["m-1"] = workflows.Gate{}
	results, err := await[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in.Pairs[0].Changes, results[0].Revoked); diff != "" {
		t.Errorf("revoked (-want +got):\n%s", diff)
	}
	if results[0].At.After(begun) {
		t.Errorf("the result is dated %s, after the first removal at %s or later", results[0].At, begun)
	}
}

// TestPausedRevokeTellsWhatIsGone pauses when one of two grants of a pair is gone, or KMS has taken its removal and lists it still:
// that is answered, and what is left is held by the pause.
func TestPausedRevokeTellsWhatIsGone(t *testing.T) {
	for name, stale := range map[string]float64{"it is not listed": 0, "it is still listed": 1} {
		w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}), func(f *fleet.Fleet) {
			f.Grants = append(f.Grants, fleet.Grant{Key: shop + "/" + region + "/old", Role: shop + "/canary"})
		})
		w.migrated(w.recorded("checkout"))
		w.fails(fault.Rule{Service: "kms", Operation: "ListGrants", Stale: stale, StaleSeconds: 3600})
		in := w.revoke(t)
		in.By, in.Partly = mine, true
		w.pauses = pauses{"m-1": {}}
		w.after["TrentService.RevokeGrant"] = func() { w.pauses["m-1"] = closed }
		results, err := await[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
		if err != nil {
			t.Fatal(err)
		}
		r, removed := results[0], len(w.mutations("kms:RevokeGrant"))
		if removed != 1 || len(r.Revoked) != 1 || r.Held == nil || r.Held.Reason != workflows.Paused || r.At.IsZero() {
			t.Errorf("%s: %d removed, told %d, held for %v, dated %s", name, removed, len(r.Revoked), r.Held, r.At)
		}
		w.after = map[string]func(){}
		w.pauses["m-1"] = workflows.Gate{}
		w.fails()
		results, err = await[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
		if err != nil {
			t.Fatal(err)
		}
		if r := results[0]; len(r.Revoked) != 2 || r.Held != nil {
			t.Errorf("%s: resumed, %d of 2 are removed, held for %v", name, len(r.Revoked), r.Held)
		}
	}
}

// TestStartBeforeAPauseIsOurs loses the answer to a start, and pauses before the next attempt: the activity that is asked
// for when it is resumed finds the canary running, and is told that rekey may have started it.
func TestStartBeforeAPauseIsOurs(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout", State: "STOPPED"}))
	w.pauses = pauses{"m-1": {}}
	in := w.start()
	w.fails(fault.Rule{Service: "synthetics", Operation: "StartCanary", FailAfter: 1, Times: 1})
	_, err := run[workflows.Started](w, workflows.StartCanaryActivity, in)
	retried(t, err)
	for _, repeated := range []bool{true, false} {
		in.Repeated = repeated
		started, err := await[workflows.Started](w, workflows.StartCanaryActivity, in)
		if err != nil || started.Ours != repeated {
			t.Errorf("repeated %v: got %+v, %v", repeated, started, err)
		}
	}
}

// TestPausedEditsHoldNobodyElses writes a key's policy for a migration that is paused, one that does not answer, one that
// goes on, and for nobody.
func TestPausedEditsHoldNobodyElses(t *testing.T) {
	w := newWorld(t)
	w.pauses = pauses{"m-1": closed, "m-2": {}}
	in := workflows.KeyPolicyInput{KeyARN: w.key("new")}
	for _, by := range []workflows.Subject{mine, theirs, missing, {}} {
		in.Edits = append(in.Edits, workflows.KeyEdit{Account: shop, Present: true, By: by, Change: workflows.AccessChange{
			Method: workflows.ByKeyPolicy, RoleARN: w.role("canary"), KeyARN: w.key("new"), Sid: workflows.KeyPolicySid,
		}})
	}
	in.Edits[0].Change.RoleARN, in.Edits[2].Change.RoleARN = w.role("other"), w.role("other")

	result := must[workflows.KeyPolicyResult](w, workflows.WriteKeyPolicyActivity, in)
	var held []bool
	for _, p := range result.Problems {
		held = append(held, p != nil && p.Reason == workflows.Paused)
	}
	if diff := cmp.Diff([]bool{true, false, true, false}, held); diff != "" || result.Dated.IsZero() {
		t.Errorf("held edits (-want +got), dated %s:\n%s", result.Dated, diff)
	}
	own := w.statements()[workflows.KeyPolicySid]
	if n := len(w.mutations("kms:PutKeyPolicy")); n != 1 || !strings.Contains(own, w.role("canary")) || strings.Contains(own, w.role("other")) {
		t.Errorf("%d writes, and the statement is %s, want the open role alone", n, own)
	}
	in.Edits = in.Edits[:1]
	if p := must[workflows.KeyPolicyResult](w, workflows.WriteKeyPolicyActivity, in).Problems[0]; p == nil || p.Reason != workflows.Paused {
		t.Errorf("with nothing open: %v", p)
	}
	w.pauses["m-1"] = workflows.Gate{}
	if p := must[workflows.KeyPolicyResult](w, workflows.WriteKeyPolicyActivity, in).Problems[0]; p != nil {
		t.Errorf("when it is resumed: %v", p)
	}
}
