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
	"rekey/workflows/activities/compare"
	"rekey/workflows/activities/control"
	"rekey/workflows/activities/dryrun"
	"rekey/workflows/activities/encryption"
	"rekey/workflows/activities/evidence"
	"rekey/workflows/activities/proof"
	"rekey/workflows/activities/runs"
	"rekey/workflows/activities/selection"
	"rekey/workflows/aws"
)

// clients are the interfaces behind which AWS stands, by the prefix of their IAM actions.
var clients = map[string][]reflect.Type{
	"synthetics": {
		reflect.TypeFor[census.Synthetics](), reflect.TypeFor[access.Synthetics](), reflect.TypeFor[encryption.Synthetics](),
		reflect.TypeFor[runs.Synthetics](), reflect.TypeFor[baseline.Synthetics](),
		reflect.TypeFor[dryrun.Synthetics](), reflect.TypeFor[control.Synthetics](), reflect.TypeFor[compare.Synthetics](),
	},
	"kms":     {reflect.TypeFor[access.KMS](), reflect.TypeFor[proof.KMS]()},
	"s3":      {reflect.TypeFor[census.S3](), reflect.TypeFor[access.S3](), reflect.TypeFor[proof.S3]()},
	"iam":     {reflect.TypeFor[access.IAM]()},
	"account": {reflect.TypeFor[access.Account](), reflect.TypeFor[census.Account](), reflect.TypeFor[selection.Account]()},
}

// hubClients are those that are asked with the worker's own credentials.
var hubClients = map[string][]reflect.Type{
	"organizations": {reflect.TypeFor[selection.Organizations]()},
}

// evidenceClients are those that write evidence, with the worker's own credentials too.
var evidenceClients = map[string][]reflect.Type{
	"s3": {reflect.TypeFor[evidence.S3]()},
}

// encrypting is the statement for what S3 asks KMS in the worker's name.
const encrypting = "EncryptEvidence"

// renamed are the calls that IAM authorizes under another name (Service Authorization Reference, Amazon S3).
var renamed = map[string]string{
	"s3:ListObjectsV2": "s3:ListBucket",
	"s3:HeadObject":    "s3:GetObject",
}

// onward are the statements for what UpdateCanary calls with the caller's credentials.
var onward = []string{"UpdateCanariesOnwardToLambda", "UpdateCanariesOnwardToRoles"}

// entering is the statement for the call that the SDK makes to enter an account.
const entering = "EnterMemberAccounts"

// The published policies.
const (
	memberPolicy   = "member-role-policy.json"
	hubPolicy      = "hub-policy.json"
	evidencePolicy = "evidence-bucket-policy.json"
)

func TestPoliciesAreWhatTheActivitiesCall(t *testing.T) {
	for file, test := range map[string]struct {
		clients map[string][]reflect.Type
		extras  []string // statements that no call in the source explains
	}{
		memberPolicy:   {clients, onward},
		hubPolicy:      {hubClients, []string{entering}},
		evidencePolicy: {evidenceClients, []string{encrypting}},
	} {
		var allowed []string
		for _, s := range published(t, file).Statement {
			if !slices.Contains(test.extras, s.Sid) {
				allowed = append(allowed, s.Action...)
			}
		}
		slices.Sort(allowed)
		if diff := cmp.Diff(called(test.clients), allowed); diff != "" {
			t.Errorf("calls in the source (-) and actions in deploy/%s (+):\n%s", file, diff)
		}
	}
}

// called are the actions of the clients' calls, each once.
func called(clients map[string][]reflect.Type) []string {
	var actions []string
	for service, interfaces := range clients {
		for _, i := range interfaces {
			for method := range i.Methods() {
				action := service + ":" + method.Name
				if other, ok := renamed[action]; ok {
					action = other
				}
				actions = append(actions, action)
			}
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

func TestPoliciesAreExplained(t *testing.T) {
	readme, err := os.ReadFile("../../deploy/README.md")
	if err != nil {
		t.Fatal(err)
	}
	statements := slices.Concat(
		published(t, memberPolicy).Statement, published(t, hubPolicy).Statement, published(t, evidencePolicy).Statement)
	for _, s := range statements {
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

func published(t *testing.T, file string) policy {
	t.Helper()
	data, err := os.ReadFile("../../deploy/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var p policy
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestEveryCallIsKnownToBeAChangeOrNot has a call that is new be thought of: a pause holds changes, and nothing else.
func TestEveryCallIsKnownToBeAChangeOrNot(t *testing.T) {
	for service, interfaces := range clients {
		for _, i := range interfaces {
			for method := range i.Methods() {
				if _, known := aws.IsChange(method.Name); !known {
					t.Errorf("workflows/aws does not say whether %s:%s changes something", service, method.Name)
				}
			}
		}
	}
}
