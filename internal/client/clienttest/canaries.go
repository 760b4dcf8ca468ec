// Package clienttest is a server with canned answers, and the samples of which they are made, for tests of what calls the
// API and of what shows its answers.
package clienttest

import (
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
)

// Accounts and keys of the samples.
const (
	Shop     = "111100000001"
	Payments = "111100000002"
	OldKey   = "arn:aws:kms:us-east-1:111100000002:key/0a1b2c3d-0000-4000-8000-000000000001"
	NewKey   = "arn:aws:kms:us-east-1:900000000002:key/9f8e7d6c-0000-4000-8000-000000000002"
)

func kms(arn string) *rekeyv1.Encryption {
	return &rekeyv1.Encryption{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS, KmsKeyArn: arn}
}

// grant is one that is to be given or, with an id, one that exists under the old key.
func grant(role, id string) []*rekeyv1.AccessChange {
	key := NewKey
	if id != "" {
		key = OldKey
	}
	return []*rekeyv1.AccessChange{{
		Method: rekeyv1.AccessMethod_ACCESS_METHOD_GRANT, PrincipalArn: "arn:aws:iam::111100000002:role/" + role, GrantId: id, KmsKeyArn: key,
	}}
}

func proven(browsers ...string) *rekeyv1.Proof {
	p := &rekeyv1.Proof{Encryption: kms(NewKey), Objects: int32(3 * len(browsers))} //nolint:gosec // a few
	for i, browser := range browsers {
		p.Runs = append(p.Runs, &rekeyv1.ProvenRun{
			RunId: strings.Repeat(string(rune('a'+i)), 8) + "-0000-4000-8000-000000000000", Browser: browser, Passed: i == 0, StartTime: At(30),
		})
	}
	return p
}

// Canaries are one of every kind that the tables know.
func Canaries() []*rekeyv1.Canary {
	return []*rekeyv1.Canary{
		{
			AccountId: Payments, Region: "us-east-1", Name: "pay-report", From: kms(OldKey), To: kms(NewKey),
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
			AccountId: Payments, Region: "us-east-1", Name: "pay-api", From: kms(OldKey), To: kms(NewKey),
			State:  rekeyv1.CanaryState_CANARY_STATE_MIGRATED,
			Grants: grant("pay-canaries", ""), Revokes: grant("pay-canaries", "1a1b1c1d1e1f"), Proof: proven("CHROME", "FIREFOX"),
			Baseline:  &rekeyv1.Baseline{State: rekeyv1.BaselineState_BASELINE_STATE_CONFIRMED, ScreenshotsWithIgnoreAreas: 2},
			OldAccess: &rekeyv1.OldAccess{State: rekeyv1.OldAccessState_OLD_ACCESS_STATE_REVOKED},
		},
		{
			AccountId: Shop, Region: "us-east-1", Name: "shop-home", To: kms(NewKey),
			From:   &rekeyv1.Encryption{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_AWS_MANAGED},
			State:  rekeyv1.CanaryState_CANARY_STATE_MIGRATED,
			Grants: grant("shop-pages", ""), Proof: proven("CHROME"),
			OldAccess: &rekeyv1.OldAccess{State: rekeyv1.OldAccessState_OLD_ACCESS_STATE_NONE},
		},
		{
			AccountId: Shop, Region: "eu-west-1", Name: "shop-old", State: rekeyv1.CanaryState_CANARY_STATE_BLOCKED,
			From:    &rekeyv1.Encryption{Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_S3},
			Problem: &rekeyv1.Problem{Reason: rekeyv1.ErrorReason_ERROR_REASON_RUNTIME_DEPRECATED},
		},
	}
}
