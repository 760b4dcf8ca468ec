package encryption

import (
	"reflect"
	"slices"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"

	"rekey/workflows"
	"rekey/workflows/aws/canaries"
)

var (
	oldKey   = workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: "arn:aws:kms:eu-west-1:111122223333:key/old"}
	newKey   = workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: "arn:aws:kms:eu-west-1:111122223333:key/new"}
	thirdKey = workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: "arn:aws:kms:eu-west-1:111122223333:key/third"}
)

// canary is one as Synthetics tells it.
func canary(state types.CanaryState, e workflows.Encryption, edits ...func(*types.Canary)) types.Canary {
	c := types.Canary{
		Id: awssdk.String("id-1"), Name: awssdk.String("shop"), RuntimeVersion: awssdk.String("syn-nodejs-puppeteer-9.1"),
		ExecutionRoleArn: awssdk.String("role"), ArtifactS3Location: awssdk.String("bucket/shop"),
		Status:         &types.CanaryStatus{State: state},
		ArtifactConfig: &types.ArtifactConfigOutput{S3Encryption: canaries.Config(e).S3Encryption},
	}
	for _, edit := range edits {
		edit(&c)
	}
	return c
}

func withBaseline(run string) func(*types.Canary) {
	return func(c *types.Canary) {
		c.VisualReferences = []types.VisualReferenceOutput{{BaseCanaryRunId: awssdk.String(run)}}
	}
}

func withReason(text string, code types.CanaryStateReasonCode) func(*types.Canary) {
	return func(c *types.Canary) {
		c.Status.StateReason, c.Status.StateReasonCode = awssdk.String(text), code
	}
}

func TestDecide(t *testing.T) {
	type want struct {
		act, done, wait bool
		reason          workflows.Reason
		changed         string
	}
	for name, test := range map[string]struct {
		why     string
		to      workflows.Encryption
		restore bool
		now     types.Canary
		want    want
	}{
		"as recorded":             {"", newKey, false, canary("RUNNING", oldKey, withBaseline("run-1")), want{act: true}},
		"already there":           {"a retry after a success does nothing", newKey, false, canary("RUNNING", newKey, withBaseline("run-1")), want{done: true}},
		"updating":                {"its settings may be put back", newKey, false, canary("UPDATING", newKey, withBaseline("run-1")), want{wait: true}},
		"updating, drifted":       {"what is compared must be settled", newKey, false, canary("UPDATING", oldKey), want{wait: true}},
		"another encryption":      {"somebody changed it", newKey, false, canary("RUNNING", workflows.Encryption{Mode: workflows.SSES3}, withBaseline("run-1")), want{reason: workflows.CanaryChanged, changed: "encryption"}},
		"another role":            {"", newKey, false, canary("RUNNING", oldKey, withBaseline("run-1"), func(c *types.Canary) { c.ExecutionRoleArn = awssdk.String("other") }), want{reason: workflows.CanaryChanged, changed: "role"}},
		"made anew, on it":        {"it is another canary", newKey, false, canary("RUNNING", newKey, withBaseline("run-1"), func(c *types.Canary) { c.Id = awssdk.String("id-2") }), want{reason: workflows.CanaryChanged, changed: "id"}},
		"another baseline":        {"", newKey, false, canary("RUNNING", oldKey, withBaseline("run-2")), want{reason: workflows.CanaryChanged, changed: "visual references"}},
		"in ERROR":                {"a migration does not count on repairing it", newKey, false, canary("ERROR", oldKey, withBaseline("run-1")), want{reason: workflows.CanaryNotUpdatable}},
		"stopped":                 {"no run could prove the change", newKey, false, canary("STOPPED", oldKey, withBaseline("run-1")), want{reason: workflows.CanaryStopped}},
		"stopping":                {"", newKey, false, canary("STOPPING", oldKey, withBaseline("run-1")), want{reason: workflows.CanaryStopped}},
		"never started":           {"", newKey, false, canary("READY", oldKey, withBaseline("run-1")), want{reason: workflows.CanaryStopped}},
		"starting":                {"it will run", newKey, false, canary("STARTING", oldKey, withBaseline("run-1")), want{wait: true}},
		"stopped, drifted":        {"that says more", newKey, false, canary("STOPPED", oldKey), want{reason: workflows.CanaryChanged, changed: "visual references"}},
		"stopped, done":           {"the change has been made, and is to be proven or taken back", newKey, false, canary("STOPPED", newKey, withBaseline("run-1")), want{done: true}},
		"way back, stopped":       {"what rekey did is undone all the same", oldKey, true, canary("STOPPED", newKey, withBaseline("run-1")), want{act: true}},
		"way back, stopping":      {"", oldKey, true, canary("STOPPING", newKey, withBaseline("run-1")), want{wait: true}},
		"deleting":                {"", newKey, false, canary("DELETING", oldKey, withBaseline("run-1")), want{reason: workflows.CanaryNotUpdatable}},
		"way back":                {"", oldKey, true, canary("RUNNING", newKey, withBaseline("run-9")), want{act: true}},
		"way back, done":          {"", oldKey, true, canary("RUNNING", oldKey, withBaseline("run-9")), want{done: true}},
		"way back from ERROR":     {"rekey's own update may have brought it there", oldKey, true, canary("ERROR", newKey, withBaseline("run-1")), want{act: true}},
		"way back, changed since": {"another migration moved it on, or its owner did", oldKey, true, canary("RUNNING", thirdKey, withBaseline("run-1")), want{reason: workflows.CanaryChanged, changed: "encryption"}},
		"way back, moved since":   {"", oldKey, true, canary("RUNNING", newKey, func(c *types.Canary) { c.ArtifactS3Location = awssdk.String("bucket/elsewhere") }), want{reason: workflows.CanaryChanged, changed: "location"}},
		"way back, drifted":       {"only encryption and baseline are rekey's", oldKey, true, canary("RUNNING", newKey, func(c *types.Canary) { c.ExecutionRoleArn = awssdk.String("other") }), want{reason: workflows.CanaryChanged, changed: "role"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := decide(workflows.UpdateInput{
				Recorded: canaries.Settings(canary("RUNNING", oldKey, withBaseline("run-1"))), To: test.to, Restore: test.restore,
				Given: newKey, GivenLocation: "bucket/shop",
			}, test.now)
			got := want{done: d.done, wait: d.wait != ""}
			if d.problem != nil {
				got.reason, got.changed = d.problem.Reason, d.problem.Metadata["changed"]
			}
			got.act = !got.done && !got.wait && got.reason == ""
			if got != test.want {
				t.Errorf("%s: got %+v, want %+v", test.why, got, test.want)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	baseline := []workflows.VisualReference{{BaseRunID: "run-2"}}
	for name, test := range map[string]struct {
		why       string
		visual    []workflows.VisualReference
		now       types.Canary
		impatient bool
		done      bool
		wait      bool
		awsReason string
	}{
		"taken":                    {"", nil, canary("RUNNING", newKey), false, true, false, ""},
		"taken, a reason is left":  {"the settings decide, reasons may be old", nil, canary("RUNNING", newKey, withReason("fine", "UPDATE_COMPLETE")), false, true, false, ""},
		"still updating":           {"", nil, canary("UPDATING", newKey), true, false, true, ""},
		"rolled back":              {"a 200 means queued", nil, canary("RUNNING", oldKey, withReason("no subnet", "ROLLBACK_COMPLETE")), false, false, false, "no subnet"},
		"rolled back, code only":   {"", nil, canary("RUNNING", oldKey, withReason("", "ROLLBACK_COMPLETE")), false, false, false, "ROLLBACK_COMPLETE"},
		"old, no reason":           {"the read may be late", nil, canary("RUNNING", oldKey), false, false, true, ""},
		"old, no reason, for long": {"then it was not taken", nil, canary("RUNNING", oldKey), true, false, false, "none given"},
		"old, in ERROR":            {"", nil, canary("ERROR", oldKey, withReason("broken", "ROLLBACK_FAILED")), false, false, false, "broken"},
		"baseline taken":           {"", baseline, canary("RUNNING", newKey, withBaseline("run-2")), false, true, false, ""},
		"baseline not taken":       {"", baseline, canary("RUNNING", newKey, withBaseline("run-1"), withReason("no", "")), false, false, false, "no"},
	} {
		t.Run(name, func(t *testing.T) {
			d := judge(workflows.ConfirmInput{Name: "shop", ID: "id-1", To: newKey, Visual: test.visual}, test.now, !test.impatient)
			if d.done != test.done || (d.wait != "") != test.wait {
				t.Errorf("%s: got %+v", test.why, d)
			}
			if test.awsReason == "" {
				return
			}
			if d.problem == nil || d.problem.Reason != workflows.RolledBackByAWS || d.problem.Metadata["aws_reason"] != test.awsReason {
				t.Errorf("%s: got %+v, want ROLLED_BACK_BY_AWS because of %q", test.why, d.problem, test.awsReason)
			}
		})
	}
}

func TestJudgeTellsABrokenCanary(t *testing.T) {
	now := canary("ERROR", newKey, withReason("broken", "UPDATE_COMPLETE"))
	d := judge(workflows.ConfirmInput{Name: "shop", ID: "id-1", To: newKey}, now, true)
	if d.problem == nil || d.problem.Reason != workflows.CanaryNotUpdatable {
		t.Fatalf("got %+v: AWS put nothing back, so that the story must", d)
	}
	if m := d.problem.Metadata; m["canary_state"] != "ERROR" || m["aws_reason"] != "broken" {
		t.Errorf("the problem is about %v", m)
	}
}

func TestIsPatient(t *testing.T) {
	answered := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for why, test := range map[string]struct {
		changed time.Duration // before the answer
		waited  time.Duration // on a clock ten times slower than AWS's
		want    bool
	}{
		"just changed":                        {time.Minute, time.Hour, true},
		"changed two minutes ago, and waited": {2 * time.Minute, 12 * time.Second, false},
		"a late read tells an old date":       {24 * time.Hour, time.Second, true},
		"no date of a change":                 {0, time.Hour, true},
	} {
		c := canary("RUNNING", oldKey)
		if test.changed != 0 {
			c.Timeline = &types.CanaryTimeline{LastModified: awssdk.Time(answered.Add(-test.changed))}
		}
		in := workflows.ConfirmInput{Poll: workflows.Poll{Scale: 10}}
		if got := isPatient(in, c, answered, test.waited); got != test.want {
			t.Errorf("%s: got %v", why, got)
		}
	}
}

func TestJudgeTellsAnotherCanary(t *testing.T) {
	d := judge(workflows.ConfirmInput{Name: "shop", ID: "id-0", To: newKey}, canary("RUNNING", newKey), true)
	if d.problem == nil || d.problem.Reason != workflows.CanaryGone {
		t.Errorf("a canary that was made anew confirms an update: %+v", d)
	}
}

func TestRequestNamesNothingElse(t *testing.T) {
	old := workflows.Encryption{Mode: workflows.SSEKMS, KeyARN: "arn:old"}
	recorded := workflows.Settings{Name: "shop", From: old, Location: "bucket/shop", Visual: []workflows.VisualReference{{BaseRunID: "run-1"}}}
	for why, test := range map[string]struct {
		in   workflows.UpdateInput
		want []string
	}{
		"another key":         {workflows.UpdateInput{To: newKey, ToLocation: "bucket/shop"}, []string{"Name", "ArtifactConfig"}},
		"another location":    {workflows.UpdateInput{To: old, ToLocation: "other/shop"}, []string{"Name", "ArtifactS3Location"}},
		"both":                {workflows.UpdateInput{To: newKey, ToLocation: "other/shop"}, []string{"Name", "ArtifactConfig", "ArtifactS3Location"}},
		"key and next run":    {workflows.UpdateInput{To: newKey, ToLocation: "bucket/shop", NextRun: true}, []string{"Name", "ArtifactConfig", "VisualReference"}},
		"commit of a dry run": {workflows.UpdateInput{To: newKey, ToLocation: "other/shop", DryRunID: "dry-1"}, []string{"Name", "DryRunId"}},
	} {
		test.in.Recorded = recorded
		request := reflect.ValueOf(*request(test.in, recorded))
		var named []string
		for i := range request.NumField() {
			if !request.Field(i).IsZero() {
				named = append(named, request.Type().Field(i).Name)
			}
		}
		slices.Sort(named)
		slices.Sort(test.want)
		if !slices.Equal(named, test.want) {
			t.Errorf("%s: the request names %v, want %v", why, named, test.want)
		}
	}
}
