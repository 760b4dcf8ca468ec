package worker

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/workflows/activities/access"
	"rekey/workflows/activities/baseline"
	"rekey/workflows/activities/census"
	"rekey/workflows/activities/control"
	"rekey/workflows/activities/dryrun"
	"rekey/workflows/activities/encryption"
	"rekey/workflows/activities/evidence"
	"rekey/workflows/activities/proof"
	"rekey/workflows/activities/runs"
)

// The published policies: of the member role, and of the worker's own where evidence goes to a bucket.
const (
	memberRole     = "../../deploy/member-role-policy.json"
	evidenceBucket = "../../deploy/evidence-bucket-policy.json"
)

// clients are the interfaces behind which AWS stands, by the prefix of their IAM actions.
var clients = map[string][]reflect.Type{
	"synthetics": {
		reflect.TypeFor[census.Synthetics](), reflect.TypeFor[access.Synthetics](), reflect.TypeFor[encryption.Synthetics](),
		reflect.TypeFor[runs.Synthetics](), reflect.TypeFor[baseline.Synthetics](),
		reflect.TypeFor[dryrun.Synthetics](), reflect.TypeFor[control.Synthetics](),
	},
	"kms":     {reflect.TypeFor[access.KMS](), reflect.TypeFor[proof.KMS]()},
	"s3":      {reflect.TypeFor[census.S3](), reflect.TypeFor[access.S3](), reflect.TypeFor[proof.S3]()},
	"iam":     {reflect.TypeFor[access.IAM]()},
	"account": {reflect.TypeFor[access.Account]()},
}

// renamed are the calls that IAM authorizes under another name (Service Authorization Reference, Amazon S3).
var renamed = map[string]string{
	"s3:ListObjectsV2": "s3:ListBucket",
	"s3:HeadObject":    "s3:GetObject",
}

// onward are the statements for what UpdateCanary calls with the caller's credentials.
var onward = []string{"UpdateCanariesOnwardToLambda", "UpdateCanariesOnwardToRoles"}

func TestMemberRolePolicyIsWhatTheActivitiesCall(t *testing.T) {
	var called []string
	for service, interfaces := range clients {
		for _, i := range interfaces {
			for method := range i.Methods() {
				action := service + ":" + method.Name
				if other, ok := renamed[action]; ok {
					action = other
				}
				called = append(called, action)
			}
		}
	}
	slices.Sort(called)

	var allowed []string
	for _, s := range policyOf(t, memberRole).Statement {
		if !slices.Contains(onward, s.Sid) {
			allowed = append(allowed, s.Action...)
		}
	}
	slices.Sort(allowed)
	if diff := cmp.Diff(slices.Compact(called), allowed); diff != "" {
		t.Errorf("calls in the source (-) and actions in deploy/member-role-policy.json (+):\n%s", diff)
	}
}

// TestEvidencePolicyIsWhatTheExportCalls holds the one thing that the worker does with its own credentials beside taking
// member roles against the policy for it.
func TestEvidencePolicyIsWhatTheExportCalls(t *testing.T) {
	var called, allowed []string
	for method := range reflect.TypeFor[evidence.S3]().Methods() {
		called = append(called, "s3:"+method.Name)
	}
	for _, s := range policyOf(t, evidenceBucket).Statement {
		allowed = append(allowed, s.Action...)
	}
	allowed = slices.DeleteFunc(allowed, func(a string) bool { return a == "kms:GenerateDataKey" }) // S3 asks KMS in the worker's name
	if diff := cmp.Diff(called, allowed); diff != "" {
		t.Errorf("calls in the source (-) and actions in %s (+):\n%s", evidenceBucket, diff)
	}
}

func TestMemberRolePolicyIsExplained(t *testing.T) {
	readme, err := os.ReadFile("../../deploy/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range policyOf(t, memberRole).Statement {
		if !strings.Contains(string(readme), "| "+s.Sid+" |") {
			t.Errorf("deploy/README.md does not say why statement %s is there", s.Sid)
		}
		if s.Effect != "Allow" || slices.ContainsFunc(s.Action, func(a string) bool { return strings.Contains(a, "*") }) {
			t.Errorf("statement %s does not allow actions by name", s.Sid)
		}
	}
}

type policy struct {
	Statement []struct {
		Sid    string
		Effect string
		Action list
	}
}

// list is one text or several, as IAM writes it.
type list []string

func (l *list) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(l))
}

func policyOf(t *testing.T, file string) policy {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var p policy
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	return p
}
