package activities

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/workflows"
	"rekey/workflows/failure"
)

// waitingFor waits for runs of canaries since an update.
func waitingFor(since workflows.Updated, list ...workflows.Settings) workflows.AwaitRunsInput {
	in := workflows.AwaitRunsInput{Cell: cell, Poll: poll}
	for _, c := range list {
		in.Waiting = append(in.Waiting, workflows.Waiting{Name: c.Name, ID: c.ID, Since: since.Since, Browsers: c.Browsers})
	}
	return in
}

// granted gives the canaries' role the use of the new key.
func (w *world) granted() {
	w.t.Helper()
	got, err := await[workflows.Effective](w, workflows.EnsureAccessActivity, w.grant("canary", "new"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.sim.World.Clock.Advance(got.Rest)
}

// migrated gives a canary the use of the new key, updates it, and waits for the runs that follow.
func (w *world) migrated(recorded workflows.Settings) workflows.Ready {
	w.t.Helper()
	w.granted()
	updated := w.updated(recorded, w.under("new"))
	ready, err := await[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, waitingFor(updated, recorded))
	if err != nil || len(ready.Ready) != 1 {
		w.t.Fatalf("got %+v, %v", ready, err)
	}
	return ready.Ready[0]
}

func (w *world) prove(recorded workflows.Settings, runs []workflows.Run, want workflows.Encryption) []workflows.RunProof {
	w.t.Helper()
	return must[[]workflows.RunProof](w, workflows.ProveRunsActivity, workflows.ProveInput{
		Cell: cell, Name: recorded.Name, BucketRegion: recorded.BucketRegion, Runs: runs, Want: want, WantLocation: recorded.Location,
	})
}

func TestAwaitRuns(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}, fleet.Canary{Name: "stopped", State: "STOPPED"}))
	checkout, stopped := w.recorded("checkout"), w.recorded("stopped")
	w.granted()
	updated := w.updated(checkout, w.under("new"))

	in := waitingFor(updated, stopped, checkout)
	ready, err := await[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, in)
	if err != nil {
		t.Fatal(err)
	}
	if len(ready.Ready) != 1 || ready.Ready[0].Name != "checkout" || len(ready.Ready[0].Runs) == 0 {
		t.Fatalf("got %+v, want the one canary that runs", ready)
	}
	for _, run := range ready.Ready[0].Runs {
		if run.Started.Before(updated.Since) || run.State != "PASSED" || run.Location == "" {
			t.Errorf("run %+v is not a completed one since %s", run, updated.Since)
		}
		in.Waiting[1].After = append(in.Waiting[1].After, run.ID)
	}

	next, err := await[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, in)
	if err != nil || len(next.Ready) != 1 {
		t.Fatalf("got %+v, %v", next, err)
	}
	for _, run := range next.Ready[0].Runs {
		if slices.Contains(in.Waiting[1].After, run.ID) {
			t.Errorf("run %s had been looked at", run.ID)
		}
	}
}

func TestAwaitRunsNotYet(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "stopped", State: "STOPPED"}))
	since := workflows.Updated{Since: w.sim.World.Clock.Now()}
	_, err := run[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, waitingFor(since, w.recorded("stopped")))
	waits(t, err)
}

func TestAwaitRunsGone(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout", Schedule: "rate(1 minute)"}))
	checkout := w.recorded("checkout")
	anew := checkout
	anew.ID = "id of the one before"
	since := workflows.Updated{Since: w.sim.World.Clock.Now()}
	for why, list := range map[string][]workflows.Settings{
		"deleted":                  {{Name: "deleted", ID: "id-1"}},
		"deleted, among many":      {{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}, {Name: "e"}, {Name: "deleted", ID: "id-1"}},
		"made anew under the name": {anew},
	} {
		ready, err := await[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, waitingFor(since, list...))
		if err != nil {
			t.Errorf("%s: %v", why, err)
			continue
		}
		for _, r := range ready.Ready {
			if !r.Gone || r.Runs != nil {
				t.Errorf("%s: got %+v, want it gone", why, r)
			}
		}
		if len(ready.Ready) != len(list) {
			t.Errorf("%s: %d of %d are answered", why, len(ready.Ready), len(list))
		}
	}
}

func TestAwaitRunsOfEveryBrowser(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout", Browsers: []string{"CHROME", "FIREFOX"}}))
	recorded := w.recorded("checkout")
	var browsers []string
	for _, run := range w.migrated(recorded).Runs {
		browsers = append(browsers, run.Browser)
	}
	slices.Sort(browsers)
	if diff := cmp.Diff(recorded.Browsers, slices.Compact(browsers)); diff != "" {
		t.Errorf("browsers with runs (-want +got):\n%s", diff)
	}
}

func TestAwaitRunsDenied(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}),
		denying(`{"Effect": "Deny", "Action": "synthetics:DescribeCanariesLastRun", "Resource": "*"}`))
	_, err := run[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, waitingFor(workflows.Updated{}, w.recorded("checkout")))
	retried(t, err) // it may be allowed while the canaries wait
	if !failure.Is(err, workflows.AccessDenied) {
		t.Errorf("got %v, want it to say why", err)
	}
}

func TestAwaitRunsOfAnUnreachableCell(t *testing.T) {
	w := newWorld(t)
	in := workflows.AwaitRunsInput{Cell: workflows.Cell{Account: vault, Region: region}, Poll: poll, Waiting: []workflows.Waiting{{Name: "checkout"}}}
	_, err := run[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, in)
	retried(t, err)
	if !failure.Is(err, workflows.CellNotReachable) {
		t.Errorf("got %v, want it to say why", err)
	}
}

func TestAwaitRunsRefusedOfOneCanary(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout", Schedule: "rate(1 minute)"}, fleet.Canary{Name: "secret"}),
		denying(`{"Effect": "Deny", "Action": "synthetics:GetCanaryRuns", "Resource": "arn:aws:synthetics:*:*:canary:secret"}`))
	ready, err := await[workflows.ReadyRuns](w, workflows.AwaitRunsActivity,
		waitingFor(workflows.Updated{}, w.recorded("secret"), w.recorded("checkout")))
	if err != nil || len(ready.Ready) != 2 {
		t.Fatalf("got %+v, %v", ready, err)
	}
	if p := ready.Ready[0].Problem; p == nil || p.Reason != workflows.AccessDenied || p.Metadata["operation"] != "synthetics:GetCanaryRuns" {
		t.Errorf("the problem of the one is %+v", p)
	}
	if len(ready.Ready[1].Runs) == 0 {
		t.Errorf("got %+v: the other is not concerned", ready.Ready[1])
	}
}

// TestAwaitRunsUnprovenOfOneCanary has the objects of one canary, in a bucket of another Region, not be had. The others neither
// wait for it nor fail with it.
func TestAwaitRunsUnprovenOfOneCanary(t *testing.T) {
	for name, test := range map[string]struct {
		rule  fault.Rule
		waits bool // the one, until they can be had
	}{
		"an outage":                 {fault.Rule{Service: "s3", FailBefore: 1}, true},
		"a Region that is shut off": {fault.Rule{Service: "kms", Unrecognized: 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, canaries(
				fleet.Canary{Name: "abroad", Schedule: "rate(1 minute)", Location: "shop-artifacts-us/abroad", Encryption: &fleet.Encryption{}},
				fleet.Canary{Name: "checkout", Schedule: "rate(1 minute)"},
			))
			list := []workflows.Settings{w.recorded("abroad"), w.recorded("checkout")}
			in := waitingFor(workflows.Updated{}, list...)
			if ready, err := await[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, in); err != nil || len(ready.Ready) != 2 {
				t.Fatalf("before: got %+v, %v", ready, err)
			}
			for i, c := range list {
				in.Waiting[i].Prove = &workflows.Wanted{BucketRegion: c.BucketRegion, Encryption: c.From, Location: c.Location}
			}
			test.rule.Region = "us-east-1"
			w.fails(test.rule)
			ready, err := run[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, in)
			if err != nil || len(ready.Ready) == 0 {
				t.Fatalf("got %+v, %v", ready, err)
			}
			other := ready.Ready[len(ready.Ready)-1]
			if other.Name != "checkout" || len(other.Proofs) == 0 || other.Proofs[0].Finding != workflows.RightKey {
				t.Errorf("got %+v, want the other one", other)
			}
			if test.waits {
				in.Waiting = in.Waiting[:1]
				_, err = run[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, in)
				retried(t, err)
			} else if p := ready.Ready[0].Problem; p == nil || p.Reason != workflows.CellNotReachable {
				t.Errorf("got %+v, want why the one is not proven", ready.Ready[0])
			}
		})
	}
}

func TestProveRuns(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}))
	recorded := w.recorded("checkout")
	runs := w.migrated(recorded).Runs[:1]

	right := w.prove(recorded, runs, w.under("new"))
	if len(right) != 1 || right[0].Finding != workflows.RightKey || right[0].Encryption != w.under("new") || right[0].Objects != 2 {
		t.Errorf("got %+v, want the new key", right)
	}
	if wrong := w.prove(recorded, runs, w.under("old")); wrong[0].Finding != workflows.WrongKey || wrong[0].Encryption != w.under("new") {
		t.Errorf("got %+v, want another key than the old one", wrong)
	}
	if wrong := w.prove(recorded, runs, workflows.Encryption{Mode: workflows.AWSManaged}); wrong[0].Finding != workflows.WrongKey {
		t.Errorf("got %+v, want another key than the AWS managed one", wrong)
	}
	above := recorded
	above.Location = strings.TrimSuffix(recorded.Location, "/checkout")
	if wrong := w.prove(above, runs, w.under("new")); wrong[0].Finding != workflows.WrongKey {
		t.Errorf("got %+v: a run of the location of before proves nothing of the one above it", wrong)
	}
	empty := workflows.Run{ID: "run-1", Location: recorded.Location + "/2020/01/01/00/00-00-000"}
	nowhere := workflows.Run{ID: "run-2"}
	for _, proof := range w.prove(recorded, []workflows.Run{empty, nowhere}, w.under("new")) {
		if proof.Finding != workflows.NoObject || proof.Objects != 0 {
			t.Errorf("got %+v, want no object", proof)
		}
	}
}

func TestProveRunsOfOtherEncryptions(t *testing.T) {
	w := newWorld(t, canaries(
		fleet.Canary{Name: "plain", Encryption: &fleet.Encryption{Mode: "SSE_S3"}},
		fleet.Canary{Name: "default", Encryption: &fleet.Encryption{}, Location: "shop-artifacts-us/default"},
	))
	for _, name := range []string{"plain", "default"} {
		recorded := w.recorded(name)
		ready, err := await[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, waitingFor(workflows.Updated{}, recorded))
		if err != nil {
			t.Fatal(err)
		}
		proofs := w.prove(recorded, ready.Ready[0].Runs[:1], recorded.From)
		if proofs[0].Finding != workflows.RightKey || proofs[0].Encryption != recorded.From {
			t.Errorf("%s: got %+v, want %v", name, proofs[0], recorded.From)
		}
	}
}

func TestProveRunsNotReadable(t *testing.T) {
	w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}),
		denying(`{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalArn": "*rekey-member"}}}`))
	recorded := w.recorded("checkout")
	ready, err := await[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, waitingFor(workflows.Updated{}, recorded))
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]workflows.Run{
		"objects that may not be read": ready.Ready[0].Runs[0],
		"a bucket of somebody else":    {ID: "run-1", Location: "vault-artifacts/checkout/2020/01/01/00/00-00-000"},
		"no bucket":                    {ID: "run-2", Location: "no-such-bucket/checkout/2020/01/01/00/00-00-000"},
	} {
		recorded.Location, _, _ = strings.Cut(run.Location, "/20")
		if proofs := w.prove(recorded, []workflows.Run{run}, w.under("old")); proofs[0].Finding != workflows.NotReadable {
			t.Errorf("%s: got %+v", name, proofs[0])
		}
	}
}

// TestLastLookAtACellThatIsDenied can't read the last runs: that may be mended while the canaries wait, and is told when they no
// longer do. What passes is waited for all the same.
func TestLastLookAtACellThatIsDenied(t *testing.T) {
	for name, test := range map[string]struct {
		guard func(*fleet.Fleet)
		fault fault.Rule
		last  bool
		want  workflows.Reason // none: another attempt is made
	}{
		"while they wait":     {denying(denyLastRuns), fault.Rule{}, false, ""},
		"the last look":       {denying(denyLastRuns), fault.Rule{}, true, workflows.AccessDenied},
		"throttled, the last": {canaries(), fault.Rule{Service: "synthetics", Throttle: 1}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, canaries(fleet.Canary{Name: "checkout"}), test.guard)
			in := waitingFor(workflows.Updated{}, w.recorded("checkout"))
			in.Last = test.last
			w.fails(test.fault)
			_, err := run[workflows.ReadyRuns](w, workflows.AwaitRunsActivity, in)
			if test.want == "" {
				retried(t, err)
			} else if !failure.IsRefusal(err) || !failure.Is(err, test.want) {
				t.Errorf("got %v, want it to be refused as %s", err, test.want)
			}
		})
	}
}

const denyLastRuns = `{"Effect": "Deny", "Action": "synthetics:DescribeCanariesLastRun", "Resource": "*"}`
