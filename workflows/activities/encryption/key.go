package encryption

import (
	"context"
	"fmt"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// checkKey refuses to move a canary to a key that is known not to encrypt: it may have been disabled, or scheduled for
// deletion, since the plan was frozen or the canary left it, and no run would save its artifacts then. Synthetics itself
// doesn't look. Of a key that can't be described the first run under it tells.
func (a *Activities) checkKey(ctx context.Context, in workflows.UpdateInput) error {
	if in.To.Mode != workflows.SSEKMS {
		return nil
	}
	where := workflows.Cell{Account: in.Cell.Account, Region: arn.Region(in.To.KeyARN)}
	var api KMS = kms.NewFromConfig(a.access.Config(where, "kms"))
	out, err := api.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: awssdk.String(in.To.KeyARN)})
	if err == nil {
		return judgeKey(in, out.KeyMetadata)
	}
	problem, retry := aws.Classify(aws.Call{Operation: "kms:DescribeKey", Resource: in.To.KeyARN, Cell: where}, err)
	if retry {
		return failure.Classified(problem, retry)
	}
	return nil
}

// judgeKey is a refusal for a key in a state in which it does not encrypt (KMS Developer Guide, key-state: it does while it is
// Enabled or Updating).
func judgeKey(in workflows.UpdateInput, m *types.KeyMetadata) error {
	if m == nil || m.KeyState == "" || m.KeyState == types.KeyStateEnabled || m.KeyState == types.KeyStateUpdating {
		return nil
	}
	name, key := in.Recorded.Name, in.To.KeyARN
	if in.Restore {
		return failure.Refuse(&workflows.Problem{
			Reason:   workflows.NotReturnable,
			Message:  fmt.Sprintf("Canary %s can't go back to its old key %s, which is %s.", name, key, m.KeyState),
			NextStep: "Enable the old key; then migrate the canary to its old settings. It stays on its new ones.",
			Metadata: map[string]string{"canary_name": name, "kms_key_arn": key, "key_state": string(m.KeyState)},
		})
	}
	return failure.Refuse(&workflows.Problem{
		Reason:   workflows.KeyNotUsable,
		Message:  fmt.Sprintf("Key %s is %s since the plan was frozen, so the canary was not moved to it.", key, m.KeyState),
		NextStep: "Enable the key, and migrate the canary again; it stays on its old settings.",
		Metadata: map[string]string{"kms_key_arn": key, "key_state": string(m.KeyState)},
	})
}
