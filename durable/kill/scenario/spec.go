package scenario

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	rekeyv1 "rekey/gen/rekey/v1"
)

const (
	ireland  = "eu-west-1"
	virginia = "us-east-1"
)

// Times on AWS's clock.
const (
	// settle is the age from which access is taken to be effective.
	settle = time.Minute
	// patience is how long a run is waited for: a worker that is away for real seconds is away for many minutes of a fast
	// clock, and no canary may end as unverified for that.
	patience = 12 * time.Hour
	// watched is for how long denials are watched for after access was removed.
	watched = 2 * time.Minute
)

// spec is what a migration of a play is asked for. Its display name is the same in all plays.
func spec(name string, play int) *rekeyv1.MigrationSpec {
	s := &rekeyv1.MigrationSpec{
		DisplayName: name,
		Selection:   &rekeyv1.Selection{AccountIds: []string{account(shop, play)}, Regions: []string{ireland}},
		Target: &rekeyv1.Target{
			Mode: rekeyv1.EncryptionMode_ENCRYPTION_MODE_SSE_KMS, KmsKeyArns: []string{key(shop, play, ireland)},
		},
		Waits: &rekeyv1.Waits{
			AccessSettle: durationpb.New(settle), RunDeadline: durationpb.New(patience), RevokeWatch: durationpb.New(watched),
		},
	}
	switch name {
	case Grants:
		s.Selection.Regions = []string{ireland, virginia}
		s.Selection.NamePatterns = []string{"plain", "stopped", "old", "visual", "shared-*", "earlier"}
		s.Target.KmsKeyArns = append(s.Target.KmsKeyArns, key(shop, play, virginia))
		s.Policies = &rekeyv1.Policies{
			Access: rekeyv1.AccessPolicy_ACCESS_POLICY_GRANT, AtRest: rekeyv1.AtRestPolicy_AT_REST_POLICY_RUN_ONCE,
		}
		first := &rekeyv1.WaveList{NamePatterns: []string{"plain", "stopped", "shared-us"}}
		s.Rollout = &rekeyv1.Rollout{Waves: []*rekeyv1.WaveSpec{{Take: &rekeyv1.WaveSpec_List{List: first}}}}
	case Keys:
		s.Selection.AccountIds = []string{account(pay, play)}
		s.Target.KmsKeyArns = []string{key(central, play, ireland)}
		s.Policies = &rekeyv1.Policies{Access: rekeyv1.AccessPolicy_ACCESS_POLICY_KEY_POLICY}
	case Late:
		s.Selection.NamePatterns = []string{"later"}
		s.Policies = &rekeyv1.Policies{Access: rekeyv1.AccessPolicy_ACCESS_POLICY_ROLE_POLICY}
	}
	return s
}

func key(owner rune, play int, region string) string {
	return "arn:aws:kms:" + region + ":" + account(owner, play) + ":key/" + newKey
}
