package planning

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows"
)

const (
	role = "arn:aws:iam::111111111111:role/shop"
	keyK = "arn:aws:kms:eu-west-1:111111111111:key/k"
	keyL = "arn:aws:kms:eu-west-1:999999999999:key/l"
)

var target = workflows.Target{Mode: workflows.SSEKMS, KeyARNs: []string{
	"arn:aws:kms:us-east-1:999999999999:key/u", keyL,
}}

// running is a canary that is migrated unless a test changes it.
func running(change func(*workflows.Settings)) workflows.Settings {
	s := workflows.Settings{
		ID: "id-1", Name: "checkout", State: "RUNNING", Runtime: "syn-nodejs-puppeteer-9.1", RoleARN: role,
		From: workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: keyK}, Location: "bucket/canary", BucketRegion: "eu-west-1",
		Schedule: "rate(5 minutes)",
	}
	if change != nil {
		change(&s)
	}
	return s
}

func observed(s ...workflows.Settings) Observed {
	return Observed{
		Cell: workflows.Cell{Account: "111111111111", Region: "eu-west-1"}, Target: target,
		Census: workflows.Census{Canaries: s, Deprecated: []string{"syn-nodejs-puppeteer-3.4"}},
	}
}

func TestClassify(t *testing.T) {
	usable := workflows.Survey{Keys: []workflows.KeyFacts{{ARN: keyL, State: "Enabled"}}}
	disabled := workflows.Survey{Keys: []workflows.KeyFacts{{
		ARN: keyL, State: "Disabled", Problem: &workflows.Problem{Reason: workflows.KeyNotUsable},
	}}}
	cases := map[string]struct {
		why    string
		change func(*workflows.Settings)
		survey workflows.Survey
		state  workflows.CanaryState
		reason workflows.Reason
	}{
		"KMS to KMS":      {"the main job", nil, usable, workflows.Pending, ""},
		"default to KMS":  {"the default needs no permission", func(s *workflows.Settings) { s.From = workflows.Encryption{Mode: workflows.AWSManaged} }, usable, workflows.Pending, ""},
		"SSE-S3 to KMS":   {"nor does SSE-S3", func(s *workflows.Settings) { s.From = workflows.Encryption{Mode: workflows.SSES3} }, usable, workflows.Pending, ""},
		"on target":       {"nothing to do", func(s *workflows.Settings) { s.From.KeyARN = keyL }, usable, workflows.Skipped, workflows.AlreadyOnTarget},
		"stopped":         {"no run would prove it", func(s *workflows.Settings) { s.State = "STOPPED" }, usable, workflows.Skipped, workflows.CanaryStopped},
		"never started":   {"no run would prove it", func(s *workflows.Settings) { s.State = "READY" }, usable, workflows.Skipped, workflows.CanaryStopped},
		"runs once":       {"no run follows an update", func(s *workflows.Settings) { s.Schedule = "rate(0 hour)" }, usable, workflows.Skipped, workflows.CanaryStopped},
		"replica":         {"only the primary Region may change it", func(s *workflows.Settings) { s.PrimaryRegion = "us-east-1" }, usable, workflows.Skipped, workflows.CanaryIsReplica},
		"in error":        {"AWS may not take an update", func(s *workflows.Settings) { s.State = "ERROR" }, usable, workflows.Blocked, workflows.CanaryNotUpdatable},
		"deprecated":      {"AWS would refuse the update", func(s *workflows.Settings) { s.Runtime = "syn-nodejs-puppeteer-3.4" }, usable, workflows.Blocked, workflows.RuntimeDeprecated},
		"old runtime":     {"artifact encryption came with 3.3", func(s *workflows.Settings) { s.Runtime = "syn-nodejs-puppeteer-3.2" }, usable, workflows.Blocked, workflows.RuntimeWithoutEncryption},
		"no key":          {"the bucket's Region decides, not the canary's", func(s *workflows.Settings) { s.BucketRegion = "ap-south-1" }, usable, workflows.Blocked, workflows.NoKeyForRegion},
		"unknown bucket":  {"a key can't be chosen", func(s *workflows.Settings) { s.BucketRegion = "" }, usable, workflows.Blocked, workflows.NoKeyForRegion},
		"disabled key":    {"runs would fail", nil, disabled, workflows.Blocked, workflows.KeyNotUsable},
		"stopped, on key": {"what needs nothing comes first", func(s *workflows.Settings) { s.State, s.From.KeyARN = "STOPPED", keyL }, usable, workflows.Skipped, workflows.AlreadyOnTarget},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := observed(running(tc.change))
			o.Survey = tc.survey
			item := Freeze(o).Canaries[0]
			var reason workflows.Reason
			if item.Problem != nil {
				reason = item.Problem.Reason
			}
			if item.State != tc.state || reason != tc.reason {
				t.Errorf("%s: got %s %s, want %s %s", tc.why, item.State, reason, tc.state, tc.reason)
			}
		})
	}
}

func TestFreezeListsExactlyWhatIsGrantedAndRevoked(t *testing.T) {
	o := observed(running(nil), running(func(s *workflows.Settings) { s.Name, s.ID = "search", "id-2" }))
	o.Survey.Grants = []workflows.AccessChange{
		{RoleARN: role, KeyARN: keyK, GrantID: "g-2"},
		{RoleARN: role, KeyARN: keyK, GrantID: "g-1", GrantName: "made-by-hand"},
		{RoleARN: "arn:aws:iam::111111111111:role/other", KeyARN: keyK, GrantID: "g-3"},
		{RoleARN: role, KeyARN: "arn:aws:kms:eu-west-1:111111111111:key/other", GrantID: "g-4"},
	}
	frozen := Freeze(o)
	wantGrants := []workflows.AccessChange{{RoleARN: role, KeyARN: keyL, GrantName: GrantName(role, keyL)}}
	wantRevokes := []workflows.AccessChange{
		{RoleARN: role, KeyARN: keyK, GrantID: "g-1", GrantName: "made-by-hand"}, {RoleARN: role, KeyARN: keyK, GrantID: "g-2"},
	}
	for _, item := range frozen.Canaries {
		if diff := cmp.Diff(wantGrants, item.Grants); diff != "" {
			t.Errorf("%s, grants: %s", item.Recorded.Name, diff)
		}
		if diff := cmp.Diff(wantRevokes, item.Revokes); diff != "" {
			t.Errorf("%s, revokes: %s", item.Recorded.Name, diff)
		}
	}
	want := workflows.PlanCount{Canaries: 2, ToMigrate: 2, Grants: 1, Revokes: 2}
	if diff := cmp.Diff(want, frozen.Counts); diff != "" {
		t.Errorf("the shared role's access counts once: %s", diff)
	}
}

func TestDigestCoversWhatWouldBeDone(t *testing.T) {
	base := Freeze(observed(running(nil))).Digest
	changes := map[string]func(*workflows.Settings){
		"id":        func(s *workflows.Settings) { s.ID = "id-9" },
		"from":      func(s *workflows.Settings) { s.From.KeyARN += "2" },
		"role":      func(s *workflows.Settings) { s.RoleARN += "2" },
		"location":  func(s *workflows.Settings) { s.Location += "2" },
		"runtime":   func(s *workflows.Settings) { s.Runtime = "syn-nodejs-puppeteer-9.2" },
		"baseline":  func(s *workflows.Settings) { s.Visual = []workflows.VisualReference{{BaseRunID: "r"}} },
		"browsers":  func(s *workflows.Settings) { s.Browsers = []string{"CHROME"} },
		"env key":   func(s *workflows.Settings) { s.EnvironmentKeyARN = keyK },
		"replicas":  func(s *workflows.Settings) { s.Replicas = []string{"us-east-1"} },
		"is a skip": func(s *workflows.Settings) { s.State = "STOPPED" },
	}
	for name, change := range changes {
		if Freeze(observed(running(change))).Digest == base {
			t.Errorf("a plan with another %s has the same digest", name)
		}
	}
	same := map[string]func(*workflows.Settings){
		"schedule": func(s *workflows.Settings) { s.Schedule = "rate(1 minute)" },
		"state":    func(s *workflows.Settings) { s.State = "UPDATING" },
	}
	for name, change := range same {
		if Freeze(observed(running(change))).Digest != base {
			t.Errorf("a canary's %s may change without a refusal, and yet changes the digest", name)
		}
	}
	other := observed(running(nil))
	other.Target.KeyARNs = []string{keyL + "2"}
	if Freeze(other).Digest == base {
		t.Error("another target key gives the same digest")
	}
}

func TestRootCoversEveryCellInItsPlace(t *testing.T) {
	cell := func(account, digest string) workflows.CellReport {
		return workflows.CellReport{Cell: workflows.Cell{Account: account, Region: "eu-west-1"}, Digest: digest}
	}
	seen := map[string]string{}
	for name, cells := range map[string][]workflows.CellReport{
		"none":    nil,
		"one":     {cell("1", "a")},
		"two":     {cell("1", "a"), cell("2", "b")},
		"swapped": {cell("2", "b"), cell("1", "a")},
		"three":   {cell("1", "a"), cell("2", "b"), cell("3", "c")},
		"changed": {cell("1", "a"), cell("2", "b"), cell("3", "d")},
		"failed":  {cell("1", "a"), cell("2", "b"), {Cell: cell("3", "").Cell, Problem: &workflows.Problem{Reason: workflows.CellNotReachable}}},
	} {
		root := Root(cells)
		if other, ok := seen[root]; ok {
			t.Errorf("%s and %s have the same root", name, other)
		}
		seen[root] = name
	}
}
