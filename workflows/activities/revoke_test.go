package activities

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/workflows"
)

// undated are results without the time of the look.
func undated(results []workflows.RevokeResult) []workflows.RevokeResult {
	list := slices.Clone(results)
	for i := range list {
		list[i].At = time.Time{}
	}
	return list
}

// revoke asks that a role's grants on the old key be removed.
func (w *world) revoke(t *testing.T) workflows.RevokeInput {
	t.Helper()
	pair := w.pair("old")
	survey := must[workflows.Survey](w, workflows.SurveyAccessActivity, workflows.SurveyInput{Cell: cell, Old: []workflows.Pair{pair}})
	if len(survey.Old) == 0 {
		t.Fatal("there is nothing to revoke")
	}
	return workflows.RevokeInput{Cell: cell, Poll: poll, Pairs: []workflows.RevokePair{{Pair: pair, Changes: survey.Old}}}
}

func TestRevoke(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}), func(f *fleet.Fleet) {
		f.Grants = append(f.Grants, fleet.Grant{Key: shop + "/" + region + "/old", Role: shop + "/other"})
	})
	in := w.revoke(t)
	w.migrated(w.recorded("checkout"))

	results, err := await[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
	if err != nil {
		t.Fatal(err)
	}
	want := []workflows.RevokeResult{{Pair: in.Pairs[0].Pair, Revoked: in.Pairs[0].Changes}}
	if results[0].At.IsZero() {
		t.Error("the result does not say when it was looked")
	}
	if diff := cmp.Diff(want, undated(results)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	left := w.sim.World.KMS.Grants(w.key("old"))
	if len(left) != 1 || left[0].Grantee != w.role("other") {
		t.Errorf("%d grants are left, want the other role's", len(left))
	}
	again := must[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
	if diff := cmp.Diff(want, undated(again)); diff != "" {
		t.Errorf("results of a repeat (-want +got):\n%s", diff)
	}
	if again[0].At.IsZero() || again[0].At.Before(results[0].At.Add(-time.Hour)) {
		t.Errorf("a repeat is dated %s, after one of %s: runs since then could not be watched", again[0].At, results[0].At)
	}
	if n := len(w.mutations("kms:RevokeGrant")); n != len(in.Pairs[0].Changes) {
		t.Errorf("%d removals, want %d", n, len(in.Pairs[0].Changes))
	}
}

// TestRevokeTellsWhatIsGone lets AWS refuse one of two removals: what became of the other is told all the same, or it
// could be neither watched nor restored.
func TestRevokeTellsWhatIsGone(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}),
		denying(`{"Effect": "Deny", "Action": "iam:DeleteRolePolicy", "Resource": "*"}`))
	in := w.revoke(t)
	policy := workflows.AccessChange{
		Method: workflows.ByRolePolicy, RoleARN: w.role("other"), KeyARN: w.key("old"), PolicyName: workflows.RolePolicyName(w.key("old")),
	}
	if _, err := await[workflows.Effective](w, workflows.EnsureAccessActivity, workflows.EnsureAccessInput{Cell: cell, Change: policy, Poll: poll}); err != nil {
		t.Fatal(err)
	}
	in.Pairs = append(in.Pairs, workflows.RevokePair{Pair: policy.Pair(), Changes: []workflows.AccessChange{policy}})
	w.migrated(w.recorded("checkout"))
	results, err := await[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
	if err != nil {
		t.Fatal(err)
	}
	if len(results[0].Revoked) != 1 || results[0].Held != nil || results[0].At.IsZero() {
		t.Errorf("of the removed grant it is told: %+v", results[0])
	}
	if held := results[1].Held; held == nil || held.Reason != workflows.AccessDenied || len(results[1].Revoked) != 0 {
		t.Errorf("of the refused policy it is told: %+v", results[1])
	}
}

// TestRestoreOverwritesNobody puts a foreign policy back whose name somebody has used again since.
func TestRestoreOverwritesNobody(t *testing.T) {
	const theirs = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
	w := newWorld(t, func(f *fleet.Fleet) {
		for i := range f.Roles {
			if f.Roles[i].Name == "other" {
				f.Roles[i].Inline = map[string]fleet.Document{"team": theirs}
			}
		}
	})
	_, err := run[workflows.Effective](w, workflows.EnsureAccessActivity, workflows.EnsureAccessInput{Cell: cell, Poll: poll, Change: workflows.AccessChange{
		Method: workflows.ByRolePolicy, RoleARN: w.role("other"), KeyARN: w.key("old"), PolicyName: "team", Foreign: true,
		Document: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}]}`,
	}})
	refused(t, err, workflows.WiderAccess)
	role, _ := w.sim.World.IAM.Role(w.role("other"))
	if role.Inline["team"] != theirs {
		t.Errorf("their policy is %s", role.Inline["team"])
	}
}

// TestRestoreKnowsItsOwn has an attempt put a foreign policy back whose answer is lost, and the next one read that it is not there,
// as it was before, and then that it is: that is what was to be, and not somebody else's.
func TestRestoreKnowsItsOwn(t *testing.T) {
	w := newWorld(t)
	in := workflows.EnsureAccessInput{Cell: cell, Poll: poll, Change: workflows.AccessChange{
		Method: workflows.ByRolePolicy, RoleARN: w.role("other"), KeyARN: w.key("old"), PolicyName: "team", Foreign: true,
		Document: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}]}`,
	}}
	w.fails(
		fault.Rule{Service: "iam", Operation: "GetRolePolicy", Stale: 1, StaleSeconds: 1e6, Times: 4},
		fault.Rule{Service: "iam", Operation: "PutRolePolicy", FailAfter: 1},
	)
	for range 2 { // the first reads thrice, with the role's other policy; the fourth answer is old
		_, err := run[workflows.Effective](w, workflows.EnsureAccessActivity, in)
		if err == nil {
			break
		}
		retried(t, err)
	}
	w.fails()
	must[workflows.Effective](w, workflows.EnsureAccessActivity, in)
}

func TestRevokeHeld(t *testing.T) {
	old := shop + "/" + region + "/old"
	bystander := func(c fleet.Canary) func(*fleet.Fleet) { return canaries(c) }
	for name, test := range map[string]struct {
		edit     func(*fleet.Fleet)
		needed   *workflows.Problem
		reason   workflows.Reason
		metadata map[string]string
	}{
		"a canary that was not migrated": {
			bystander(fleet.Canary{Name: "search"}), nil, workflows.OldAccessInUse,
			map[string]string{"consumer": "arn:aws:synthetics:eu-west-1:111111111111:canary:search"},
		},
		"one in another Region": {
			bystander(fleet.Canary{Name: "search", Region: "us-east-1"}), nil, workflows.OldAccessInUse,
			map[string]string{"consumer": "arn:aws:synthetics:us-east-1:111111111111:canary:search"},
		},
		"one that is stopped": {
			bystander(fleet.Canary{Name: "search", State: "STOPPED"}), nil, workflows.OldAccessInUse, nil,
		},
		"its environment key": {
			bystander(fleet.Canary{Name: "search", Encryption: &fleet.Encryption{}, EnvironmentKey: old}), nil, workflows.OldAccessInUse,
			map[string]string{"use": "its environment variables"},
		},
		"the migration itself": {
			func(*fleet.Fleet) {}, &workflows.Problem{Reason: workflows.OldAccessInUse, Metadata: map[string]string{"migration_id": "m-1"}},
			workflows.OldAccessInUse, map[string]string{"migration_id": "m-1"},
		},
		"Regions that may not be listed": {
			denying(`{"Effect": "Deny", "Action": "account:ListRegions", "Resource": "*"}`), nil, workflows.AccessDenied,
			map[string]string{"operation": "account:ListRegions"},
		},
		"a removal that is denied": {
			denying(`{"Effect": "Deny", "Action": "kms:RevokeGrant", "Resource": "*"}`), nil, workflows.AccessDenied,
			map[string]string{"operation": "kms:RevokeGrant"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}), test.edit)
			in := w.revoke(t)
			in.Pairs[0].Needed = test.needed
			w.updated(w.recorded("checkout"), w.under("new"))
			results, err := await[[]workflows.RevokeResult](w, workflows.RevokeActivity, in) // the edit's run ends
			if err != nil {
				t.Fatal(err)
			}
			if len(results) != 1 || results[0].Held == nil || results[0].Revoked != nil {
				t.Fatalf("got %+v, want it held", results)
			}
			if results[0].Held.Reason != test.reason {
				t.Errorf("held because of %+v, want %s", results[0].Held, test.reason)
			}
			for k, v := range test.metadata {
				if got := results[0].Held.Metadata[k]; got != v {
					t.Errorf("metadata %s is %q, want %q", k, got, v)
				}
			}
			if n := len(w.mutations("kms:RevokeGrant")); n != 0 {
				t.Errorf("%d removals, want none", n)
			}
		})
	}
}

// TestRevokeWaitsForRunsInFlight updates a canary in the midst of a run, which goes on under the old settings.
func TestRevokeWaitsForRunsInFlight(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{
		Name: "checkout", Schedule: "rate(20 minutes)", LastRunAgo: 18 * time.Minute, RunDuration: 13 * time.Minute, Timeout: 840,
	}))
	in := w.revoke(t)
	w.sim.World.Clock.Advance(3 * time.Minute) // the next run has begun
	w.updated(w.recorded("checkout"), w.under("new"))
	_, err := run[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
	waits(t, err)
	if n := len(w.mutations("kms:RevokeGrant")); n != 0 {
		t.Errorf("%d removals while a run goes on under the old settings", n)
	}
	results, err := await[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
	if err != nil || results[0].Held != nil {
		t.Errorf("after the run: %+v %v", results, err)
	}
}

// TestRevokeWaitsForUpdates looks while an update towards the key is queued, which no setting shows yet.
func TestRevokeWaitsForUpdates(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout", Encryption: &fleet.Encryption{Mode: "SSE_S3"}}), func(f *fleet.Fleet) {
		f.Synthetics.UpdateDelay = 5 * time.Minute
		f.Grants = append(f.Grants, fleet.Grant{Key: shop + "/" + region + "/old", Role: shop + "/canary"})
	})
	in := w.revoke(t)
	must[workflows.Updated](w, workflows.UpdateCanaryActivity, w.change(w.recorded("checkout"), w.under("old")))
	_, err := run[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
	waits(t, err)
	results, err := await[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
	if err != nil || results[0].Held == nil || results[0].Held.Reason != workflows.OldAccessInUse {
		t.Errorf("after the update: %+v %v", results, err)
	}
}

// TestRevokeWaitsForRunsOfAnUpdate has a run begin after an edit was asked for and before it took effect: it is younger
// than the edit, and uses the settings of before.
func TestRevokeWaitsForRunsOfAnUpdate(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{
		Name: "checkout", Schedule: "rate(20 minutes)", LastRunAgo: 18 * time.Minute, RunDuration: 13 * time.Minute, Timeout: 840,
	}), func(f *fleet.Fleet) { f.Synthetics.UpdateDelay = 4 * time.Minute })
	in := w.revoke(t)
	w.updated(w.recorded("checkout"), w.under("new")) // meanwhile, in two minutes, the next run begins
	_, err := run[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
	waits(t, err)
	settled := in
	settled.Pairs = slices.Clone(in.Pairs)
	settled.Pairs[0].Settled = map[string]time.Time{w.recorded("checkout").ID: w.sim.World.Clock.Now()}
	_, err = run[[]workflows.RevokeResult](w, workflows.RevokeActivity, settled)
	waits(t, err)
	if n := len(w.mutations("kms:RevokeGrant")); n != 0 {
		t.Errorf("%d removals while a run goes on under the old settings", n)
	}
}

// TestRevokeAsksForNoRunsThatHaveEnded removes the access of a canary that was changed lately, and of whose runs the migration saw
// that none of before goes on. One that somebody has edited since is asked all the same.
func TestRevokeAsksForNoRunsThatHaveEnded(t *testing.T) {
	for name, edited := range map[string]bool{"": false, "edited since": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, canaries(fleet.Canary{Name: "checkout", Schedule: "rate(1 minute)"}))
			in := w.revoke(t)
			w.granted()
			checkout := w.recorded("checkout")
			updated := w.updated(checkout, w.under("new"))
			ready, err := await[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, waitingFor(updated, checkout))
			if err != nil || ready.Ready[0].Quiet.Before(updated.Since) {
				t.Fatalf("got %+v, %v", ready, err)
			}
			in.Pairs[0].Settled = map[string]time.Time{checkout.ID: ready.Ready[0].Quiet}
			in.Pairs[0].Quiet = []string{checkout.ID}
			if edited {
				w.updated(w.recorded("checkout"), workflows.Encryption{Mode: workflows.SSES3})
			}
			before := w.sim.World.Calls.Counts()["synthetics:GetCanaryRuns"]
			if _, err := await[[]workflows.RevokeResult](w, workflows.RevokeActivity, in); err != nil {
				t.Fatal(err)
			}
			if n := w.sim.World.Calls.Counts()["synthetics:GetCanaryRuns"] - before; (n > 0) != edited {
				t.Errorf("runs were asked for %d times", n)
			}
			if n := len(w.mutations("kms:RevokeGrant")); n != 1 {
				t.Errorf("%d removals", n)
			}
		})
	}
}

func TestRevokeOfWhatIsGone(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"})) // which needs the pair
	in := w.revoke(t)
	there := in.Pairs[0].Changes
	gone := []workflows.AccessChange{{RoleARN: w.role("canary"), KeyARN: w.key("old"), GrantID: strings.Repeat("0", 64)}}

	in.Pairs[0].Changes = gone
	results := must[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
	if diff := cmp.Diff([]workflows.RevokeResult{{Pair: in.Pairs[0].Pair, Revoked: gone}}, undated(results)); diff != "" {
		t.Errorf("a retry after a removal (-want +got):\n%s", diff)
	}

	in.Pairs[0].Changes = slices.Concat(there, gone)
	results = must[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
	if diff := cmp.Diff(gone, results[0].Revoked); diff != "" {
		t.Errorf("grants that were gone (-want +got):\n%s", diff)
	}
	if held := results[0].Held; held == nil || held.Reason != workflows.OldAccessInUse {
		t.Errorf("what is left is held because of %+v", held)
	}
	if n := len(w.mutations("kms:RevokeGrant")); n != 0 {
		t.Errorf("%d removals, want none", n)
	}
}

func TestRevokeByName(t *testing.T) {
	w := newWorld(t)
	in := w.grant("canary", "new")
	made, err := await[workflows.Effective](w, workflows.EnsureAccessActivity, in)
	if err != nil {
		t.Fatal(err)
	}
	other := w.grant("other", "new")
	if _, err := await[workflows.Effective](w, workflows.EnsureAccessActivity, other); err != nil {
		t.Fatal(err)
	}
	results := must[[]workflows.RevokeResult](w, workflows.RevokeActivity, workflows.RevokeInput{
		Cell: cell, Poll: poll, Pairs: []workflows.RevokePair{{Pair: w.pair("new"), Changes: []workflows.AccessChange{in.Change}}},
	})
	if diff := cmp.Diff([]workflows.RevokeResult{{Pair: w.pair("new"), Revoked: []workflows.AccessChange{made.Change}}}, undated(results)); diff != "" {
		t.Errorf("results, with the id (-want +got):\n%s", diff)
	}
	if grants := w.sim.World.KMS.Grants(w.key("new")); len(grants) != 1 || grants[0].Grantee != w.role("other") {
		t.Errorf("%d grants are left, want that of the same name for another role", len(grants))
	}
}

func TestRevokeLooksAtBaselines(t *testing.T) {
	for name, test := range map[string]struct {
		edit func(*fleet.Fleet)
		// rebased says that the migration has confirmed a baseline under the new key; moved that somebody has.
		rebased, moved bool
		use            string // empty where nobody needs the pair
	}{
		"under the old key":        {func(*fleet.Fleet) {}, false, false, "its baseline"},
		"rebased by the migration": {func(*fleet.Fleet) {}, true, false, ""},
		"seen under another key":   {func(*fleet.Fleet) {}, false, true, ""},
		"that may not be listed": {
			denying(`{"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalArn": "*rekey-member"}}}`),
			false, true, "its baseline, which could not be looked at",
		},
		"whose objects may not be looked at": {
			denying(`{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalArn": "*rekey-member"}}}`),
			false, true, "its baseline, which could not be looked at",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, canaries(visual("syn-nodejs-puppeteer-11.0", "CHROME", "FIREFOX")), test.edit)
			recorded := w.recorded("checkout")
			in := w.revoke(t)
			runs := onePerBrowser(w.migrated(recorded).Runs)
			if test.moved {
				w.rebased(recorded, runs)
			}
			if test.rebased {
				in.Pairs[0].Rebased = []string{recorded.ID}
			}
			results, err := await[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
			if err != nil {
				t.Fatal(err)
			}
			switch held := results[0].Held; {
			case test.use == "" && (held != nil || len(results[0].Revoked) == 0):
				t.Errorf("got %+v, held %+v; want it revoked", results[0], held)
			case test.use != "" && (held == nil || held.Reason != workflows.OldAccessInUse || held.Metadata["use"] != test.use):
				t.Errorf("held because of %+v, want %q", held, test.use)
			}
		})
	}
}

func TestRevokeLooksAtBaselinesInTheBucketsRegion(t *testing.T) {
	far := visual("syn-nodejs-puppeteer-11.0")
	far.Location, far.Encryption = "shop-artifacts-us/checkout", &fleet.Encryption{}
	w := newWorld(t, canaries(far), func(f *fleet.Fleet) {
		f.Grants = append(f.Grants, fleet.Grant{Key: shop + "/" + region + "/old", Role: shop + "/canary"})
	})
	if _, err := await[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, waitingFor(workflows.Updated{}, w.recorded("checkout"))); err != nil {
		t.Fatal(err)
	}
	results, err := await[[]workflows.RevokeResult](w, workflows.RevokeActivity, w.revoke(t))
	if err != nil || results[0].Held != nil {
		t.Errorf("got %+v, held %+v, %v; want it revoked: the baseline is under the AWS managed key", results, results[0].Held, err)
	}
}

// rebased makes runs the baseline of a migrated canary, and waits until a run has copied their screenshots.
func (w *world) rebased(recorded workflows.Settings, runs []workflows.Run) {
	w.t.Helper()
	set, err := await[workflows.Updated](w, workflows.SetBaselineActivity, baseline(recorded, w.under("new"), runs))
	if err != nil {
		w.t.Fatal(err)
	}
	check := confirm(recorded, w.under("new"))
	check.Visual = set.Visual
	confirmed, err := await[workflows.Confirmed](w, workflows.ConfirmUpdateActivity, check)
	if err != nil {
		w.t.Fatal(err)
	}
	after := workflows.Updated{Since: confirmed.Settled}
	if _, err := await[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, waitingFor(after, recorded)); err != nil {
		w.t.Fatal(err)
	}
}

func TestRevokeWaitsForARegionThatFails(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	in := w.revoke(t)
	w.updated(w.recorded("checkout"), w.under("new"))
	w.fails(fault.Rule{Service: "synthetics", Region: "eu-north-1", FailBefore: 1})
	_, err := run[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
	retried(t, err)
	w.fails()
	must[[]workflows.RevokeResult](w, workflows.RevokeActivity, in)
}
