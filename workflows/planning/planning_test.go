package planning

import (
	"slices"
	"testing"
	"time"

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

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// running is a canary that is migrated unless a test changes it.
func running(change func(*workflows.Settings)) workflows.Settings {
	s := workflows.Settings{
		ID: "id-1", Name: "checkout", State: "RUNNING", Runtime: "syn-nodejs-puppeteer-11.0", RoleARN: role,
		From: workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: keyK}, Location: "bucket/canary", BucketRegion: "eu-west-1",
		Schedule: "rate(5 minutes)", BaselineAt: noon.AddDate(0, 0, -1),
	}
	if change != nil {
		change(&s)
	}
	return s
}

// defaults are the policies of a spec that names none.
var defaults = workflows.Policies{
	Access: workflows.AccessAuto, DryRun: workflows.DryRunWhenPossible, Baseline: workflows.BaselineFromProvenRun,
	AtRest: workflows.AtRestDryRun, Viewers: workflows.ViewersReport,
}

// observed is a cell whose target key is usable and open to grants, with a role that Lambda alone may assume.
func observed(s ...workflows.Settings) Observed {
	o := Observed{
		Cell: workflows.Cell{Account: "111111111111", Region: "eu-west-1"}, Target: target, Policies: defaults,
		RunDeadline: time.Hour,
		Census:      workflows.Census{Canaries: s, Deprecated: []string{"syn-nodejs-puppeteer-3.4"}, Dated: noon},
		Keys:        []workflows.KeyFacts{{Region: "eu-west-1", ARN: keyL, State: "Enabled"}},
	}
	for _, c := range s {
		pair := workflows.Pair{RoleARN: c.RoleARN, KeyARN: keyL}
		o.Survey.Routes = append(o.Survey.Routes, workflows.Route{
			Pair: pair, GrantName: workflows.GrantName(c.RoleARN, "", keyL), Foreign: true, Delegated: true, ReadablePolicy: true,
		})
		o.Survey.Roles = append(o.Survey.Roles, workflows.RoleFacts{ARN: c.RoleARN})
	}
	return o
}

func reasonOf(p *workflows.Problem) workflows.Reason {
	if p == nil {
		return ""
	}
	return p.Reason
}

// plan is the item of the one canary that is observed.
func plan(o Observed) workflows.Canary { return Freeze(o).Canaries[0] }

// use is what the one canary that is observed is to do.
func use(o Observed) workflows.Use {
	d := &draft{Observed: o, Canary: workflows.Canary{Recorded: o.Census.Canaries[0]}}
	d.target()
	return d.use()
}

func visual(s *workflows.Settings) { s.Visual = []workflows.VisualReference{{BaseRunID: "run-1"}} }

func denied(message string) *workflows.Problem {
	return &workflows.Problem{Reason: workflows.AccessDenied, Message: message, Metadata: map[string]string{}}
}

func TestOutcomes(t *testing.T) {
	disabled := []workflows.KeyFacts{{Region: "eu-west-1", ARN: keyL, State: "Disabled", Problem: &workflows.Problem{Reason: workflows.KeyNotUsable}}}
	cases := map[string]struct {
		why    string
		change func(*workflows.Settings)
		edit   func(*Observed)
		state  workflows.CanaryState
		reason workflows.Reason
	}{
		"KMS to KMS":             {"the main job", nil, nil, workflows.Pending, ""},
		"default to KMS":         {"the default needs no permission", func(s *workflows.Settings) { s.From = workflows.Encryption{Mode: workflows.AWSManaged} }, nil, workflows.Pending, ""},
		"SSE-S3 to KMS":          {"nor does SSE-S3", func(s *workflows.Settings) { s.From = workflows.Encryption{Mode: workflows.SSES3} }, nil, workflows.Pending, ""},
		"KMS to SSE-S3":          {"every direction", nil, func(o *Observed) { o.Target = workflows.Target{Mode: workflows.SSES3} }, workflows.Pending, ""},
		"KMS to default":         {"every direction", nil, func(o *Observed) { o.Target = workflows.Target{Mode: workflows.AWSManaged} }, workflows.Pending, ""},
		"on target":              {"nothing to do", func(s *workflows.Settings) { s.From.KeyARN = keyL }, nil, workflows.Skipped, workflows.AlreadyOnTarget},
		"stopped":                {"a dry run proves it", func(s *workflows.Settings) { s.State = "STOPPED" }, nil, workflows.Pending, ""},
		"stopped, old":           {"its runtime takes none", func(s *workflows.Settings) { s.State, s.Runtime = "STOPPED", "syn-nodejs-puppeteer-9.1" }, nil, workflows.Skipped, workflows.CanaryStopped},
		"runs once":              {"no run follows an update", func(s *workflows.Settings) { s.Schedule, s.Runtime = "rate(0 minute)", "syn-nodejs-puppeteer-9.1" }, nil, workflows.Skipped, workflows.RunsOnce},
		"runs next year":         {"no run in time", func(s *workflows.Settings) { s.Schedule, s.Runtime = "cron(0 0 1 1 ? *)", "syn-nodejs-puppeteer-9.1" }, nil, workflows.Skipped, workflows.NextRunTooFar},
		"started for one":        {"it runs, and is not stopped to be started", func(s *workflows.Settings) { s.Schedule = "cron(0 0 1 1 ? *)" }, func(o *Observed) { o.Policies.AtRest = workflows.AtRestRunOnce }, workflows.Skipped, workflows.NextRunTooFar},
		"rest is skipped":        {"by policy", func(s *workflows.Settings) { s.State = "STOPPED" }, func(o *Observed) { o.Policies.AtRest = workflows.AtRestSkip }, workflows.Skipped, workflows.CanaryStopped},
		"replica":                {"only the primary Region may change it", func(s *workflows.Settings) { s.PrimaryRegion = "us-east-1" }, nil, workflows.Skipped, workflows.CanaryIsReplica},
		"in error":               {"AWS may not take an update", func(s *workflows.Settings) { s.State = "ERROR" }, nil, workflows.Blocked, workflows.CanaryNotUpdatable},
		"deprecated":             {"AWS would refuse the update", func(s *workflows.Settings) { s.Runtime = "syn-nodejs-puppeteer-3.4" }, nil, workflows.Blocked, workflows.RuntimeDeprecated},
		"old runtime":            {"artifact encryption came with 3.3", func(s *workflows.Settings) { s.Runtime = "syn-nodejs-puppeteer-3.2" }, nil, workflows.Blocked, workflows.RuntimeWithoutEncryption},
		"python":                 {"only Node.js offers it", func(s *workflows.Settings) { s.Runtime = "syn-python-selenium-4.1" }, nil, workflows.Blocked, workflows.RuntimeWithoutEncryption},
		"no key":                 {"the bucket's Region decides, not the canary's", func(s *workflows.Settings) { s.BucketRegion = "ap-south-1" }, nil, workflows.Blocked, workflows.NoKeyForRegion},
		"unknown bucket":         {"a key can't be chosen", func(s *workflows.Settings) { s.BucketRegion = "" }, nil, workflows.Blocked, workflows.BucketNotReadable},
		"unknown bucket, no key": {"nothing could prove a change", func(s *workflows.Settings) { s.BucketRegion = "" }, func(o *Observed) { o.Target = workflows.Target{Mode: workflows.SSES3} }, workflows.Blocked, workflows.BucketNotReadable},
		"disabled key":           {"runs would fail", nil, func(o *Observed) { o.Keys = disabled }, workflows.Blocked, workflows.KeyNotUsable},
		"stopped, on key":        {"what needs nothing comes first", func(s *workflows.Settings) { s.State, s.From.KeyARN = "STOPPED", keyL }, nil, workflows.Skipped, workflows.AlreadyOnTarget},
		"no role":                {"its runs can't save anything", nil, func(o *Observed) { o.Survey.Roles[0].Missing = true }, workflows.Blocked, workflows.RoleMissing},
		"bucket denies": {"runs would fail", nil, func(o *Observed) {
			o.Survey.Writes = []workflows.WriteFacts{{Use: use(*o), Problem: &workflows.Problem{Reason: workflows.BucketPolicyDenies}}}
		}, workflows.Blocked, workflows.BucketPolicyDenies},
		"bad location": {"the template gives none", nil, func(o *Observed) {
			o.Census.Moves = []workflows.Move{{Name: "checkout", Location: "x", Problem: &workflows.Problem{Reason: workflows.LocationNotUsable}}}
		}, workflows.Blocked, workflows.LocationNotUsable},
		"denied for good": {"no access overcomes a deny", nil, func(o *Observed) { o.Survey.Routes[0].Denied = denied("boundary") }, workflows.Blocked, workflows.NoAccessMethod},
		"not surveyed":    {"a way must be known", nil, func(o *Observed) { o.Survey.Routes = nil }, workflows.Blocked, workflows.NoAccessMethod},
		"no dry run": {"required, and the runtime has none", func(s *workflows.Settings) { s.Runtime = "syn-nodejs-puppeteer-9.1" },
			func(o *Observed) { o.Policies.DryRun = workflows.DryRunRequired }, workflows.Blocked, workflows.RuntimeWithoutDryRun},
		"viewers block": {"by policy", nil, func(o *Observed) {
			o.Policies.Viewers = workflows.ViewersBlock
			o.Survey.Viewers = []workflows.ViewersLost{{
				Succession: workflows.Succession{Old: keyK, New: workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: keyL}},
				Viewers:    []workflows.Viewer{{PrincipalARN: "arn:aws:iam::111111111111:role/analyst"}},
			}}
		}, workflows.Blocked, workflows.ViewersLoseAccess},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := observed(running(tc.change))
			if tc.edit != nil {
				tc.edit(&o)
			}
			item := plan(o)
			if item.State != tc.state || reasonOf(item.Problem) != tc.reason {
				t.Errorf("%s: got %s %v, want %s %s", tc.why, item.State, item.Problem, tc.state, tc.reason)
			}
			if item.State != workflows.Pending && len(item.Grants)+len(item.Revokes) > 0 {
				t.Errorf("a canary that is left has access listed: %+v %+v", item.Grants, item.Revokes)
			}
		})
	}
}

func TestProving(t *testing.T) {
	const withDry, without = "syn-nodejs-puppeteer-11.0", "syn-nodejs-puppeteer-9.1"
	for name, tc := range map[string]struct {
		runtime, state string
		policies       func(*workflows.Policies)
		visual         func(*workflows.Settings)
		want           workflows.Proving
	}{
		"a dry run where there is one":        {withDry, "RUNNING", nil, nil, workflows.ByDryRun},
		"a run where there is none":           {without, "RUNNING", nil, nil, workflows.ByRun},
		"a run where dry runs are not wanted": {withDry, "RUNNING", func(p *workflows.Policies) { p.DryRun = workflows.DryRunNever }, nil, workflows.ByRun},
		"a run while a baseline is pending": {withDry, "RUNNING", nil, func(s *workflows.Settings) {
			s.Visual = []workflows.VisualReference{{BaseRunID: "nextrun"}}
		}, workflows.ByRun},
		"a dry run alone at rest": {withDry, "STOPPED", nil, nil, workflows.ByDryOnly},
		"one run at rest":         {without, "STOPPED", func(p *workflows.Policies) { p.AtRest = workflows.AtRestRunOnce }, nil, workflows.ByOneRun},
		"nothing at rest":         {without, "READY", func(p *workflows.Policies) { p.AtRest = workflows.AtRestUnverified }, nil, workflows.Unproven},
	} {
		o := observed(running(func(s *workflows.Settings) {
			s.Runtime, s.State = tc.runtime, tc.state
			if tc.visual != nil {
				tc.visual(s)
			}
		}))
		if tc.policies != nil {
			tc.policies(&o.Policies)
		}
		if got := plan(o); got.Proving != tc.want || got.State != workflows.Pending {
			t.Errorf("%s: got %s %s %v, want %s", name, got.State, got.Proving, got.Problem, tc.want)
		}
	}
}

// TestARequiredDryRunIsMadeAtRestToo: nothing is changed without one, whatever the policy for canaries at rest.
func TestARequiredDryRunIsMadeAtRestToo(t *testing.T) {
	const withDry, without = "syn-nodejs-puppeteer-11.0", "syn-nodejs-puppeteer-9.1"
	const yearly = "cron(0 0 1 1 ? *)"
	for _, tc := range []struct {
		atRest            workflows.AtRestPolicy
		runtime, schedule string
		want              workflows.Proving
		reason            workflows.Reason
	}{
		{workflows.AtRestDryRun, withDry, "", workflows.ByDryOnly, ""},
		{workflows.AtRestRunOnce, withDry, "", workflows.ByDryOnly, ""},
		{workflows.AtRestRunOnce, withDry, yearly, workflows.ByDryOnly, ""},
		{workflows.AtRestUnverified, withDry, "", workflows.ByDryOnly, ""},
		{workflows.AtRestSkip, withDry, "", "", workflows.CanaryStopped},
		{workflows.AtRestDryRun, without, "", "", workflows.RuntimeWithoutDryRun},
		{workflows.AtRestRunOnce, without, "", "", workflows.RuntimeWithoutDryRun},
		{workflows.AtRestRunOnce, without, yearly, "", workflows.RuntimeWithoutDryRun},
		{workflows.AtRestUnverified, without, "", "", workflows.RuntimeWithoutDryRun},
		{workflows.AtRestSkip, without, "", "", workflows.CanaryStopped},
	} {
		o := observed(running(func(s *workflows.Settings) {
			s.Runtime, s.State = tc.runtime, "STOPPED"
			if tc.schedule != "" {
				s.State, s.Schedule = "RUNNING", tc.schedule
			}
		}))
		o.Policies.DryRun, o.Policies.AtRest = workflows.DryRunRequired, tc.atRest
		if got := plan(o); got.Proving != tc.want || reasonOf(got.Problem) != tc.reason {
			t.Errorf("%s on %s %s: got %q %v, want %q %s", tc.atRest, tc.runtime, tc.schedule, got.Proving, got.Problem, tc.want, tc.reason)
		}
	}
}

// TestMethods is the table of access: for each policy and what the survey found, which methods are chosen.
func TestMethods(t *testing.T) {
	full := &workflows.Problem{Reason: workflows.PolicyFull, Message: "full"}
	domestic := workflows.Route{Delegated: true, ReadablePolicy: true}
	foreign := workflows.Route{Foreign: true, Delegated: true, ReadablePolicy: true}
	unread := workflows.Route{Foreign: true, KeyPolicy: denied("not readable")}
	with := func(r workflows.Route, edit func(*workflows.Route)) workflows.Route { edit(&r); return r }
	noGrant := func(r *workflows.Route) { r.Grant = denied("guardrail") }
	for name, tc := range map[string]struct {
		policy workflows.AccessPolicy
		route  workflows.Route
		want   []workflows.Method
		reason workflows.Reason
	}{
		"auto: the grant":                 {workflows.AccessAuto, domestic, []workflows.Method{workflows.ByGrant}, ""},
		"auto: effective already":         {workflows.AccessAuto, with(domestic, func(r *workflows.Route) { r.Effective = "policy p" }), []workflows.Method{workflows.Existing}, ""},
		"auto: rekey's grant":             {workflows.AccessAuto, with(domestic, func(r *workflows.Route) { r.Effective, r.GrantID = "grant g", "g" }), []workflows.Method{workflows.ByGrant}, ""},
		"auto: guardrail":                 {workflows.AccessAuto, with(domestic, noGrant), []workflows.Method{workflows.ByRolePolicy}, ""},
		"auto: guardrail, no delegation":  {workflows.AccessAuto, with(workflows.Route{ReadablePolicy: true}, noGrant), []workflows.Method{workflows.ByKeyPolicy}, ""},
		"auto: guardrail, role full":      {workflows.AccessAuto, with(domestic, func(r *workflows.Route) { noGrant(r); r.RolePolicy = full }), []workflows.Method{workflows.ByKeyPolicy}, ""},
		"auto: foreign key":               {workflows.AccessAuto, foreign, []workflows.Method{workflows.ByGrant}, ""},
		"auto: foreign, guardrail":        {workflows.AccessAuto, with(foreign, noGrant), []workflows.Method{workflows.ByRolePolicy}, ""},
		"auto: foreign, no delegation":    {workflows.AccessAuto, with(workflows.Route{Foreign: true, ReadablePolicy: true}, noGrant), []workflows.Method{workflows.ByKeyPolicy, workflows.ByRolePolicy}, ""},
		"auto: foreign, not readable":     {workflows.AccessAuto, with(unread, noGrant), []workflows.Method{workflows.ByRolePolicy}, ""},
		"auto: no way":                    {workflows.AccessAuto, with(workflows.Route{ReadablePolicy: true, KeyPolicy: denied("x")}, noGrant), nil, workflows.NoAccessMethod},
		"grant: refused":                  {workflows.AccessGrant, with(domestic, noGrant), nil, workflows.NoAccessMethod},
		"role: no room":                   {workflows.AccessRole, with(domestic, func(r *workflows.Route) { r.RolePolicy = full }), nil, workflows.PolicyFull},
		"role: no delegation":             {workflows.AccessRole, workflows.Route{ReadablePolicy: true}, nil, workflows.NoAccessMethod},
		"key: same account":               {workflows.AccessKey, domestic, []workflows.Method{workflows.ByKeyPolicy}, ""},
		"key: another account needs both": {workflows.AccessKey, foreign, []workflows.Method{workflows.ByKeyPolicy, workflows.ByRolePolicy}, ""},
		"key: no room":                    {workflows.AccessKey, with(domestic, func(r *workflows.Route) { r.KeyPolicy = full }), nil, workflows.PolicyFull},
		"existing: is there":              {workflows.AccessExisting, with(domestic, func(r *workflows.Route) { r.Effective = "policy p" }), []workflows.Method{workflows.Existing}, ""},
		"existing: is not":                {workflows.AccessExisting, domestic, nil, workflows.AccessNotFound},
	} {
		tc.route.Pair = workflows.Pair{RoleARN: role, KeyARN: keyL}
		changes, p := choose(tc.route, tc.policy)
		var methods []workflows.Method
		for _, c := range changes {
			methods = append(methods, c.Method)
			if c.Why == "" {
				t.Errorf("%s: the choice has no reason", name)
			}
		}
		if !slices.Equal(methods, tc.want) || reasonOf(p) != tc.reason {
			t.Errorf("%s: got %v %v, want %v %s", name, methods, p, tc.want, tc.reason)
		}
	}
}

func TestANewLocationNeedsS3Permissions(t *testing.T) {
	o := observed(running(nil))
	o.Census.Moves = []workflows.Move{{Name: "checkout", Location: "other/checkout", BucketRegion: "eu-west-1"}}
	item := plan(o)
	i := slices.IndexFunc(item.Grants, func(c workflows.AccessChange) bool { return c.Location == "other/checkout" })
	if i < 0 || item.Grants[i].Method != workflows.ByRolePolicy || len(item.Grants) != 2 {
		t.Errorf("got %+v, want a role policy for the location beside the key's grant", item.Grants)
	}
	o.Target = workflows.Target{}
	if item = plan(o); item.To != item.Recorded.From || len(item.Grants) != 1 || item.State != workflows.Pending {
		t.Errorf("a move alone: got %+v", item)
	}
}

// TestANewLocationIsLookedAtFirst: a role that may write there gets no policy, and with permissions that others own it must.
func TestANewLocationIsLookedAtFirst(t *testing.T) {
	all := []string{"s3:GetObject", "s3:PutObject", "s3:GetBucketLocation", "s3:ListAllMyBuckets"}
	for name, tc := range map[string]struct {
		policy workflows.AccessPolicy
		change func(*workflows.Settings)
		place  *workflows.Place
		grants int // for the location
		reason workflows.Reason
	}{
		"nothing there":          {workflows.AccessAuto, nil, &workflows.Place{Missing: all}, 1, ""},
		"something is missing":   {workflows.AccessAuto, nil, &workflows.Place{Missing: all[:1]}, 1, ""},
		"permitted":              {workflows.AccessAuto, nil, &workflows.Place{}, 0, ""},
		"permitted by rekey":     {workflows.AccessAuto, nil, &workflows.Place{Missing: all, PolicyThere: true}, 1, ""},
		"not surveyed":           {workflows.AccessAuto, nil, nil, 1, ""},
		"existing, permitted":    {workflows.AccessExisting, nil, &workflows.Place{}, 0, ""},
		"existing, not there":    {workflows.AccessExisting, nil, &workflows.Place{Missing: all}, 0, workflows.AccessNotFound},
		"existing, only written": {workflows.AccessExisting, nil, &workflows.Place{Missing: []string{all[0], all[3]}}, 0, ""},
		"existing, only written, and a baseline is read": {workflows.AccessExisting, visual, &workflows.Place{Missing: all[:1]}, 0, workflows.AccessNotFound},
		"existing, not surveyed":                         {workflows.AccessExisting, nil, nil, 0, workflows.AccessNotFound},
	} {
		o := observed(running(tc.change))
		o.Policies.Access, o.Survey.Routes[0].Effective = tc.policy, "policy p"
		o.Census.Moves = []workflows.Move{{Name: "checkout", Location: "other/checkout", BucketRegion: "eu-west-1"}}
		if tc.place != nil {
			tc.place.RoleARN, tc.place.Location = role, "other/checkout"
			o.Survey.Places = []workflows.Place{*tc.place}
		}
		item := plan(o)
		grants := slices.DeleteFunc(item.Grants, func(c workflows.AccessChange) bool { return c.Location == "" })
		if len(grants) != tc.grants || reasonOf(item.Problem) != tc.reason {
			t.Errorf("%s: got %+v, %v", name, grants, item.Problem)
		}
		if tc.place != nil && len(grants) == 1 && grants[0].There != tc.place.PolicyThere {
			t.Errorf("%s: got %+v", name, grants[0])
		}
	}
}

func TestHolds(t *testing.T) {
	old := workflows.AccessChange{Method: workflows.ByGrant, RoleARN: role, KeyARN: keyK, GrantID: "g-1"}
	for name, tc := range map[string]struct {
		change func(*workflows.Settings)
		edit   func(*Observed)
		want   workflows.Reason
	}{
		"nothing holds": {nil, nil, ""},
		"managed":       {func(s *workflows.Settings) { s.ManagedBy = "CloudFormation stack shop" }, nil, workflows.ManagedByIaC},
		"a shared role": {nil, func(o *Observed) { o.Survey.Roles[0].TrustedBy = []string{"ec2.amazonaws.com"} }, workflows.RoleShared},
		"a shared role that is managed": {func(s *workflows.Settings) { s.ManagedBy = "CloudFormation stack shop" },
			func(o *Observed) { o.Survey.Roles[0].TrustedBy = []string{"ec2.amazonaws.com"} }, workflows.RoleShared},
		"a role that can't be read": {nil, func(o *Observed) { o.Survey.Roles[0].Unread = denied("iam") }, workflows.AccessDenied},
		"a baseline that is kept":   {visual, func(o *Observed) { o.Policies.Baseline = workflows.BaselineKeep }, workflows.BaselineKept},
		"a baseline at rest":        {func(s *workflows.Settings) { visual(s); s.State = "STOPPED" }, nil, workflows.BaselineKept},
		"grants that can't be listed": {nil, func(o *Observed) {
			o.Survey.Unlisted = []workflows.Pair{{RoleARN: role, KeyARN: keyK}}
		}, workflows.AccessDenied},
	} {
		o := observed(running(tc.change))
		o.Survey.Old = []workflows.AccessChange{old}
		if tc.edit != nil {
			tc.edit(&o)
		}
		if item := plan(o); reasonOf(item.Hold) != tc.want || item.State != workflows.Pending {
			t.Errorf("%s: got %s, held by %v, want %q", name, item.State, item.Hold, tc.want)
		}
	}
}

func TestNotices(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*workflows.Settings)
		edit   func(*Observed)
		want   []workflows.Reason
	}{
		"none":             {nil, nil, nil},
		"environment key":  {func(s *workflows.Settings) { s.EnvironmentKeyARN = keyK }, nil, []workflows.Reason{workflows.EnvironmentKey}},
		"managed":          {func(s *workflows.Settings) { s.ManagedBy = "CloudFormation stack shop" }, nil, []workflows.Reason{workflows.ManagedByIaC}},
		"role made anew":   {nil, func(o *Observed) { o.Survey.Roles[0].Recreated = true }, []workflows.Reason{workflows.RoleRecreated}},
		"restorable":       {visual, nil, nil},
		"baseline too old": {func(s *workflows.Settings) { visual(s); s.BaselineAt = noon.AddDate(0, 0, -32) }, nil, []workflows.Reason{workflows.BaselineNotRestorable}},
		"baseline past its retention": {func(s *workflows.Settings) { visual(s); s.BaselineAt = noon.AddDate(0, 0, -8); s.RetentionDays = 7 },
			nil, []workflows.Reason{workflows.BaselineNotRestorable}},
		"baseline not found": {func(s *workflows.Settings) { visual(s); s.BaselineAt = time.Time{} }, nil, []workflows.Reason{workflows.BaselineNotRestorable}},
		"ends stopped": {func(s *workflows.Settings) { s.State = "READY" },
			func(o *Observed) { o.Policies.AtRest = workflows.AtRestRunOnce }, []workflows.Reason{workflows.WillEndStopped}},
		"wider access": {nil, func(o *Observed) {
			o.Survey.Left = []workflows.Left{{Change: workflows.AccessChange{RoleARN: role, KeyARN: keyK, PolicyName: "p"}, Why: "policy p gives more"}}
		}, []workflows.Reason{workflows.WiderAccess}},
		"a bucket's policy that is not known": {nil, func(o *Observed) {
			o.Survey.Writes = []workflows.WriteFacts{{Use: use(*o), Notice: &workflows.Problem{Reason: workflows.BucketNotReadable, Message: "m", NextStep: "n"}}}
		}, []workflows.Reason{workflows.BucketNotReadable}},
	} {
		o := observed(running(tc.change))
		if tc.edit != nil {
			tc.edit(&o)
		}
		var got []workflows.Reason
		item := plan(o)
		for _, p := range item.Notices {
			got = append(got, p.Reason)
			if p.NextStep == "" || p.Message == "" {
				t.Errorf("%s: %s has no message or next step", name, p.Reason)
			}
		}
		if !slices.Equal(got, tc.want) || item.State != workflows.Pending {
			t.Errorf("%s: got %v, want %v (%s)", name, got, tc.want, item.State)
		}
	}
}

func TestRevokeOnly(t *testing.T) {
	onTarget := running(func(s *workflows.Settings) { s.From.KeyARN = keyL })
	o := observed(onTarget)
	o.Policies.RetiredKeyARNs = []string{keyK}
	o.Survey.Old = []workflows.AccessChange{{Method: workflows.ByGrant, RoleARN: role, KeyARN: keyK, GrantID: "g-1"}}
	frozen := Freeze(o)
	item := frozen.Canaries[0]
	if item.Action != workflows.RevokeOnly || item.State != workflows.Pending || len(item.Revokes) != 1 || len(item.Grants) != 0 {
		t.Errorf("got %+v", item)
	}
	if frozen.Counts.RevokeOnly != 1 {
		t.Errorf("got %+v", frozen.Counts)
	}
	if in := Inquiry(o); len(in.Old) != 1 || len(in.Uses) != 0 {
		t.Errorf("asked %+v, want the old access alone", in)
	}
}

// TestRetiredKeys: only a key that is given up is taken from a canary that is on the target already.
func TestRetiredKeys(t *testing.T) {
	const keyU = "arn:aws:kms:us-east-1:999999999999:key/u" // the target's of us-east-1
	on := func(key string, change func(*workflows.Settings)) workflows.Settings {
		return running(func(s *workflows.Settings) {
			s.Name, s.From.KeyARN = "other", key
			if change != nil {
				change(s)
			}
		})
	}
	america := func(s *workflows.Settings) { s.BucketRegion = "us-east-1" }
	retire := func(key string) func(*Observed) {
		return func(o *Observed) { o.Policies.RetiredKeyARNs = []string{key} }
	}
	for name, tc := range map[string]struct {
		why   string
		other workflows.Settings
		edit  func(*Observed)
		key   string // to which the canary on the target still has access
		want  workflows.Action
	}{
		"left by another":      {"what it leaves is given up", on(keyK, nil), nil, keyK, workflows.RevokeOnly},
		"of no canary":         {"nobody says that it is given up", on(keyL, nil), nil, keyK, workflows.NoAction},
		"named":                {"the policy says so", on(keyL, nil), retire(keyK), keyK, workflows.RevokeOnly},
		"a target":             {"another canary has it on purpose", on(keyU, america), nil, keyU, workflows.NoAction},
		"a target that is new": {"another canary is to have it", on(keyK, america), nil, keyU, workflows.NoAction},
		"a target, named":      {"what is wanted is not given up", on(keyU, america), retire(keyU), keyU, workflows.NoAction},
		"of a canary that only moves": {"its encryption stays", on(keyK, nil), func(o *Observed) {
			o.Target = workflows.Target{Location: "s3://bucket/{name}"}
			o.Census.Moves = []workflows.Move{
				{Name: "checkout", Location: "bucket/canary", BucketRegion: "eu-west-1"}, {Name: "other", Location: "bucket/new", BucketRegion: "eu-west-1"},
			}
		}, keyK, workflows.NoAction},
		"of a replica":       {"it stays where it is", on(keyK, func(s *workflows.Settings) { s.PrimaryRegion = "us-east-1" }), nil, keyK, workflows.NoAction},
		"of a blocked one":   {"it stays, though it should not", on(keyK, func(s *workflows.Settings) { s.State = "ERROR" }), nil, keyK, workflows.NoAction},
		"of one, but named":  {"the policy says so", on(keyK, func(s *workflows.Settings) { s.State = "ERROR" }), retire(keyK), keyK, workflows.RevokeOnly},
		"of one left asleep": {"it stays by policy", on(keyK, func(s *workflows.Settings) { s.State = "STOPPED" }), func(o *Observed) { o.Policies.AtRest = workflows.AtRestSkip }, keyK, workflows.NoAction},
	} {
		o := observed(running(func(s *workflows.Settings) { s.From.KeyARN = keyL }), tc.other)
		o.Keys = append(o.Keys, workflows.KeyFacts{Region: "us-east-1", ARN: keyU, State: "Enabled"})
		if tc.edit != nil {
			tc.edit(&o)
		}
		o.Survey.Old = []workflows.AccessChange{{Method: workflows.ByGrant, RoleARN: role, KeyARN: tc.key, GrantID: "g-1", Foreign: true}}
		item := plan(o)
		if item.Recorded.Name != "checkout" || item.Action != tc.want {
			t.Errorf("%s: %s: got %q for %s, want %q", name, tc.why, item.Action, item.Recorded.Name, tc.want)
		}
		asked := slices.Contains(Inquiry(o).Old, workflows.Pair{RoleARN: role, KeyARN: tc.key})
		if tc.want == workflows.RevokeOnly && !asked {
			t.Errorf("%s: its access was not asked for", name)
		}
	}
}

// TestRevokeOnlyOfAManagedCanary: it may have been changed by hand, and its source would put the old key back.
func TestRevokeOnlyOfAManagedCanary(t *testing.T) {
	o := observed(running(func(s *workflows.Settings) { s.From.KeyARN, s.ManagedBy = keyL, "CloudFormation stack shop" }))
	o.Policies.RetiredKeyARNs = []string{keyK}
	o.Survey.Old = []workflows.AccessChange{{Method: workflows.ByGrant, RoleARN: role, KeyARN: keyK, GrantID: "g-1"}}
	o.Target.Location = "s3://bucket/canary"
	item := plan(o)
	if item.Action != workflows.RevokeOnly || reasonOf(item.Hold) != workflows.ManagedByIaC {
		t.Fatalf("got %s, held by %v", item.Action, item.Hold)
	}
	if len(item.Notices) != 1 || item.Notices[0].Reason != workflows.ManagedByIaC {
		t.Errorf("got %+v, want a notice of who manages it", item.Notices)
	}
	want := "set ArtifactConfig.S3Encryption of canary checkout to EncryptionMode SSE_KMS with KmsKeyArn " + keyL +
		", and set its ArtifactS3Location to s3://bucket/canary, unless it has that already"
	if got := item.Hold.Metadata["change"]; got != want {
		t.Errorf("the source is to be changed so: %q, want %q", got, want)
	}
}

func TestViewersAreCarriedOver(t *testing.T) {
	const analyst, intern = "arn:aws:iam::111111111111:role/analyst", "arn:aws:iam::111111111111:role/intern"
	o := observed(running(nil))
	o.Policies.CarryOver = []string{analyst}
	o.Survey.Viewers = []workflows.ViewersLost{{
		Succession: workflows.Succession{Old: keyK, New: workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: keyL}},
		Viewers:    []workflows.Viewer{{PrincipalARN: analyst}, {PrincipalARN: intern}},
	}}
	item := plan(o)
	if len(item.Grants) != 2 || !item.Grants[1].DecryptOnly || item.Grants[1].RoleARN != analyst {
		t.Errorf("got %+v, want a grant of Decrypt for the analyst alone", item.Grants)
	}
	if len(item.Viewers) != 2 || !item.Viewers[0].CarriedOver || item.Viewers[1].CarriedOver {
		t.Errorf("got %+v", item.Viewers)
	}
}

// TestAnotherAccountsViewersBlock: an account as a whole counts as a viewer, and its roles are asked for.
func TestAnotherAccountsViewersBlock(t *testing.T) {
	o := observed(running(nil))
	o.Accounts, o.Policies.Viewers = []string{"111111111111", "222222222222"}, workflows.ViewersBlock
	o.Survey.Viewers = []workflows.ViewersLost{{
		Succession: workflows.Succession{Old: keyK, New: workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: keyL}},
		Viewers:    []workflows.Viewer{{PrincipalARN: "arn:aws:iam::222222222222:root", How: "statement Shared of the key's policy"}},
	}}
	if item := plan(o); item.State != workflows.Blocked || reasonOf(item.Problem) != workflows.ViewersLoseAccess || len(item.Viewers) != 1 {
		t.Errorf("got %s %v", item.State, item.Problem)
	}
	if in := Inquiry(o); !slices.Equal(in.Accounts, o.Accounts) {
		t.Errorf("asked of %v", in.Accounts)
	}
}

func TestFreezeListsExactlyWhatIsGrantedAndRevoked(t *testing.T) {
	o := observed(running(nil), running(func(s *workflows.Settings) { s.Name, s.ID = "search", "id-2" }))
	grant := func(role, key, id string) workflows.AccessChange {
		return workflows.AccessChange{Method: workflows.ByGrant, RoleARN: role, KeyARN: key, GrantID: id}
	}
	o.Survey.Old = []workflows.AccessChange{
		grant(role, keyK, "g-2"), grant(role, keyK, "g-1"),
		grant("arn:aws:iam::111111111111:role/other", keyK, "g-3"),
		grant(role, "arn:aws:kms:eu-west-1:111111111111:key/other", "g-4"),
	}
	frozen := Freeze(o)
	for _, item := range frozen.Canaries {
		if len(item.Grants) != 1 || item.Grants[0].GrantName != workflows.GrantName(role, "", keyL) {
			t.Errorf("%s is granted %+v", item.Recorded.Name, item.Grants)
		}
		want := []workflows.AccessChange{grant(role, keyK, "g-1"), grant(role, keyK, "g-2")}
		if diff := cmp.Diff(want, item.Revokes); diff != "" {
			t.Errorf("%s, revokes: %s", item.Recorded.Name, diff)
		}
	}
	if n := frozen.Counts; n.Canaries != 2 || n.ToMigrate != 2 || n.Grants != 1 || n.Revokes != 2 {
		t.Errorf("the shared role's access counts once: %+v", n)
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
		"is a skip": func(s *workflows.Settings) { s.State, s.Runtime = "STOPPED", "syn-nodejs-puppeteer-9.1" },
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
	other.Keys[0].ARN, other.Survey.Routes[0].Pair.KeyARN = keyL+"2", keyL+"2"
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
