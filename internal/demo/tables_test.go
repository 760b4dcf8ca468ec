package demo

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	rekeyv1 "rekey/gen/rekey/v1"
)

var update = flag.Bool("update", false, "write the golden files anew")

// width is what a table must fit on.
const width = 160

const (
	shop     = "111100000001"
	payments = "111100000002"
	oldKey   = "arn:aws:kms:us-east-1:111100000002:key/0a1b2c3d-0000-4000-8000-000000000001"
	newKey   = "arn:aws:kms:us-east-1:900000000002:key/9f8e7d6c-0000-4000-8000-000000000002"
)

var names = map[string]string{shop: "shop", payments: "payments", "900000000002": "security"}

func kms(arn string) *rekeyv1.Encryption {
	return &rekeyv1.Encryption{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS, KmsKeyArn: arn}
}

func grant(role, id string) []*rekeyv1.AccessChange {
	return []*rekeyv1.AccessChange{{
		Method: rekeyv1.AccessMethod_ACCESS_METHOD_GRANT, PrincipalArn: "arn:aws:iam::111100000002:role/" + role, GrantId: id,
	}}
}

func proven(browsers ...string) *rekeyv1.Proof {
	p := &rekeyv1.Proof{Encryption: kms(newKey), Objects: int32(3 * len(browsers))} //nolint:gosec // a few
	for i, browser := range browsers {
		p.Runs = append(p.Runs, &rekeyv1.ProvenRun{
			RunId: strings.Repeat(string(rune('a'+i)), 8) + "-0000-4000-8000-000000000000", Browser: browser, Passed: i == 0,
		})
	}
	return p
}

// canaries are one of every kind that the tables know.
func canaries() []*rekeyv1.Canary {
	return []*rekeyv1.Canary{
		{
			AccountId: payments, Region: "us-east-1", Name: "pay-report", From: kms(oldKey), To: kms(newKey),
			State:  rekeyv1.CanaryState_CANARY_STATE_MIGRATED,
			Grants: grant("pay-report", ""), Revokes: grant("pay-report", "7a7b7c7d7e7f"), Proof: proven("CHROME"),
			OldAccess: &rekeyv1.OldAccess{
				State: rekeyv1.OldAccessState_OLD_ACCESS_STATE_HELD,
				HeldBecause: &rekeyv1.Problem{
					Reason:   rekeyv1.ErrorReason_ERROR_REASON_OLD_ACCESS_IN_USE,
					Metadata: map[string]string{"consumer": "arn:aws:synthetics:us-west-2:111100000002:canary:pay-report-west"},
				},
			},
		},
		{
			AccountId: payments, Region: "us-east-1", Name: "pay-api", From: kms(oldKey), To: kms(newKey),
			State:  rekeyv1.CanaryState_CANARY_STATE_MIGRATED,
			Grants: grant("pay-canaries", ""), Revokes: grant("pay-canaries", "1a1b1c1d1e1f"), Proof: proven("CHROME", "FIREFOX"),
			Baseline:  &rekeyv1.Baseline{State: rekeyv1.BaselineState_BASELINE_STATE_CONFIRMED, ScreenshotsWithIgnoreAreas: 2},
			OldAccess: &rekeyv1.OldAccess{State: rekeyv1.OldAccessState_OLD_ACCESS_STATE_REVOKED},
		},
		{
			AccountId: shop, Region: "us-east-1", Name: "shop-home", To: kms(newKey),
			From:   &rekeyv1.Encryption{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_AWS_MANAGED},
			State:  rekeyv1.CanaryState_CANARY_STATE_MIGRATED,
			Grants: grant("shop-pages", ""), Proof: proven("CHROME"),
			OldAccess: &rekeyv1.OldAccess{State: rekeyv1.OldAccessState_OLD_ACCESS_STATE_NONE},
		},
		{
			AccountId: shop, Region: "eu-west-1", Name: "shop-old", State: rekeyv1.CanaryState_CANARY_STATE_BLOCKED,
			From:    &rekeyv1.Encryption{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3},
			Problem: &rekeyv1.Problem{Reason: rekeyv1.ErrorReason_ERROR_REASON_RUNTIME_DEPRECATED},
		},
	}
}

func TestTables(t *testing.T) {
	for file, got := range map[string]string{
		"plan.txt":    planTable(canaries(), names) + "\n" + keyLegend(canaries(), names),
		"outcome.txt": outcomeTable(canaries(), names) + "\n",
	} {
		t.Run(file, func(t *testing.T) {
			for line := range strings.Lines(got) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%d columns, want %d at most: %s", n, width, line)
				}
			}
			golden(t, file, got)
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; go test ./internal/demo -update writes it anew):\n%s", path, diff)
	}
}
