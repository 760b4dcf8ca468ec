package access

import (
	"context"
	"fmt"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// minDelay is the least real time between two looks at a grant.
const minDelay = time.Second

// EnsureGrant gives a role the use of a key by a grant of the given name, unless there is one, and answers it with
// its id once it has been there for Settle on AWS's clock. Until then it ends with NotYet: a new grant takes
// usually less than five minutes to be effective everywhere (KMS Developer Guide, grants), and nothing that a
// canary's run could do shortens that.
//
// The grant names the cell's member role as the one that may retire it. KMS answers a repeated request of the same
// name and parameters with the grant that is there (KMS API, CreateGrant, Name).
//
// It ends with KEY_NOT_USABLE, ACCESS_DENIED, AWS_REFUSED (a quota of grants is used up, or the role does not
// exist) or CELL_NOT_REACHABLE.
func (a *Activities) EnsureGrant(ctx context.Context, in workflows.EnsureGrantInput) (workflows.AccessChange, error) {
	key := a.keys(in.Cell, in.Grant.KeyARN)
	grants, now, err := key.grants(ctx, in.Grant.RoleARN)
	if err != nil {
		return workflows.AccessChange{}, key.classify("kms:ListGrants", err)
	}
	grant := named(grants, in.Grant.GrantName)
	if grant == nil {
		if err := a.create(ctx, key, in); err != nil {
			return workflows.AccessChange{}, err
		}
		return workflows.AccessChange{}, failure.Wait("the grant was made and is read back next", key.delay(in, in.Poll.Every))
	}
	if now.IsZero() {
		return workflows.AccessChange{}, failure.Retry(aws.Undated(key.call("kms:ListGrants")), 0)
	}
	if rest := remaining(awssdk.ToTime(grant.CreationDate), now, in.Settle); rest > 0 {
		return workflows.AccessChange{}, failure.Wait(fmt.Sprintf("the grant settles for another %s", rest), key.delay(in, rest))
	}
	return change(workflows.Pair{RoleARN: in.Grant.RoleARN, KeyARN: in.Grant.KeyARN}, *grant), nil
}

func (a *Activities) create(ctx context.Context, key keys, in workflows.EnsureGrantInput) error {
	_, err := key.api.CreateGrant(ctx, &kms.CreateGrantInput{
		KeyId:             awssdk.String(key.arn),
		GranteePrincipal:  awssdk.String(in.Grant.RoleARN),
		Operations:        operations,
		Name:              awssdk.String(in.Grant.GrantName),
		RetiringPrincipal: awssdk.String(a.access.MemberRole(in.Cell)),
	})
	if err != nil {
		return key.classify("kms:CreateGrant", err)
	}
	return nil
}

func (keys) delay(in workflows.EnsureGrantInput, d time.Duration) time.Duration {
	return max(in.Poll.Delay(d), minDelay)
}

func dateOf(page *kms.ListGrantsOutput) time.Time {
	now, _ := aws.ServerTime(page.ResultMetadata)
	return now
}
