package model_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/model"
	"rekey/awssim/model/modeltest"
)

func TestEachConstraintIsEnforced(t *testing.T) {
	for service := range model.Load().Services {
		cases := modeltest.Cases(service)
		if len(cases) == 0 {
			t.Errorf("nothing is demanded of %s", service)
		}
		for _, c := range cases {
			broken := func(v model.Violation) bool { return v.Path == c.At && v.Kind == c.Kind }
			if got := model.Check(service, c.Operation, c.Input); !slices.ContainsFunc(got, broken) {
				t.Errorf("%s %s: %s", service, c, got)
			}
		}
	}
}

func TestTheTableNamesItsSource(t *testing.T) {
	if source := model.Load().Source; !strings.HasPrefix(source, "botocore 1.") {
		t.Errorf("source %q", source)
	}
}

// TestMessages holds the wording against answers that AWS gave: KMS's for an empty key id (stelligent/mu issue 382)
// and CloudFormation's for a list (aws-cli issue 5886).
func TestMessages(t *testing.T) {
	tests := map[string]struct {
		service, operation, input, want string
	}{
		"too short": {
			"kms", "DescribeKey", `{"KeyId": ""}`,
			"1 validation error detected: Value '' at 'keyId' failed to satisfy constraint: " +
				"Member must have length greater than or equal to 1",
		},
		"missing": {
			"iam", "GetRole", `{}`,
			"1 validation error detected: Value null at 'roleName' failed to satisfy constraint: Member must not be null",
		},
		"two": {
			"synthetics", "GetCanary", `{"Name": "", "DryRunId": "x"}`,
			"3 validation errors detected: Value 'x' at 'dryRunId' failed to satisfy constraint: " +
				"Member must satisfy regular expression pattern: ^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$; " +
				"Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
				"Value '' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-z_\\-]+$",
		},
		"in a list": {
			"synthetics", "DescribeCanaries", `{"Names": ["a", "B"]}`,
			"1 validation error detected: Value '[a, B]' at 'names' failed to satisfy constraint: Member must satisfy constraint: " +
				"[Member must have length less than or equal to 255, Member must have length greater than or equal to 1, " +
				"Member must satisfy regular expression pattern: ^[0-9a-z_\\-]+$]",
		},
		"in a structure of a list": {
			"sts", "AssumeRole", `{"RoleArn": "arn:aws:iam::111111111111:role/a", "RoleSessionName": "me", "Tags": [{"Key": "k"}]}`,
			"1 validation error detected: Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null",
		},
		"a number": {
			"synthetics", "DescribeCanaries", `{"MaxResults": 21}`,
			"1 validation error detected: Value '21' at 'maxResults' failed to satisfy constraint: " +
				"Member must have value less than or equal to 20",
		},
		"an enumeration": {
			"synthetics", "UpdateCanary", `{"Name": "a", "ArtifactConfig": {"S3Encryption": {"EncryptionMode": "SSE-KMS"}}}`,
			"1 validation error detected: Value 'SSE-KMS' at 'artifactConfig.s3Encryption.encryptionMode' failed to satisfy constraint: " +
				"Member must satisfy enum value set: [SSE_S3, SSE_KMS]",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := model.Check(tt.service, tt.operation, decode(t, tt.input)).String()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsAllowed(t *testing.T) {
	tests := map[string]struct{ service, operation, input string }{
		"what is needed and no more":     {"kms", "DescribeKey", `{"KeyId": "alias/a"}`},
		"null is not given":              {"kms", "ListAliases", `{"Limit": null}`},
		"members that nobody knows":      {"kms", "ListAliases", `{"limit": -1, "Else": ["?"]}`},
		"another type is left to others": {"kms", "ListAliases", `{"Limit": "many", "KeyId": 5}`},
		"operations that nobody knows":   {"kms", "ScheduleKeyDeletion", `{}`},
		"a number of a form":             {"iam", "ListRolePolicies", `{"RoleName": "a", "MaxItems": "1000"}`},
		"back to the default":            {"synthetics", "UpdateCanary", `{"Name": "a", "ArtifactConfig": {"S3Encryption": {}}}`},
		"override: no environment key":   {"synthetics", "UpdateCanary", `{"Name": "a", "KmsKeyArn": ""}`},
		"override: little memory":        {"synthetics", "UpdateCanary", `{"Name": "a", "RunConfig": {"MemoryInMB": 512}}`},
		"characters beyond the 1st plane": {
			"sts", "AssumeRole", `{"RoleArn": "arn:aws:iam::111111111111:role/\ud83d\ude00", "RoleSessionName": "me"}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := model.Check(tt.service, tt.operation, decode(t, tt.input)); got != nil {
				t.Error(got)
			}
		})
	}
}

func TestNullInAListIsRefused(t *testing.T) {
	got := model.Check("synthetics", "UpdateCanary", decode(t, `{"Name": "a", "VisualReferences": [null]}`))
	if len(got) != 1 || got[0].Path != "visualReferences.1.member" || got[0].Kind != model.Missing {
		t.Error(got)
	}
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var in map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&in); err != nil {
		t.Fatal(err)
	}
	return in
}

func BenchmarkCheck(b *testing.B) {
	in := map[string]any{
		"Name": "checkout", "ArtifactConfig": map[string]any{"S3Encryption": map[string]any{
			"EncryptionMode": "SSE_KMS", "KmsKeyArn": "arn:aws:kms:eu-west-1:111111111111:key/11111111-1111-4111-8111-111111111111",
		}},
	}
	for b.Loop() {
		if v := model.Check("synthetics", "UpdateCanary", in); v != nil {
			b.Fatal(v)
		}
	}
}
