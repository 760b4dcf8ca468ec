package access

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// SurveyAccess answers the grants of roles on keys, and whether keys can encrypt artifacts. It changes nothing.
//
// A key that is missing has no grants. The pairs of a key of another account that does not let rekey list its grants
// are unlisted: what can't be seen there can't be planned to be revoked, and stays. One of in.Keys that does not is a
// fact, ACCESS_DENIED, whoever owns it: a grant on it could be neither read back nor taken back. On any other key of
// the cell's own account the same denial ends the survey with ACCESS_DENIED, because it would hide what is to be
// revoked.
//
// A key that can't be described is a fact, KEY_NOT_USABLE with AWS's reason: for a key that does not exist, KMS
// denies as well as for one that it may not tell of.
func (a *Activities) SurveyAccess(ctx context.Context, in workflows.SurveyInput) (workflows.Survey, error) {
	var survey workflows.Survey
	unlisted := map[string]*workflows.Problem{} // by key
	for _, pair := range distinct(in.Pairs) {
		found, err := a.grantsOf(ctx, in, pair)
		switch denial, ok := errors.AsType[*unlistable](err); {
		case ok:
			survey.Unlisted = append(survey.Unlisted, pair)
			unlisted[pair.KeyARN] = denial.problem
		case err != nil:
			return workflows.Survey{}, err
		}
		survey.Grants = append(survey.Grants, found...)
	}
	for _, arn := range distinct(in.Keys) {
		facts, err := a.describe(ctx, in.Cell, arn)
		if err != nil {
			return workflows.Survey{}, err
		}
		if facts.Problem == nil {
			facts.Problem = unlisted[arn]
		}
		survey.Keys = append(survey.Keys, facts)
	}
	return survey, nil
}

// unlistable is the error of a key whose grants rekey is not let to list, and that is a fact of the survey.
type unlistable struct{ problem *workflows.Problem }

func (u *unlistable) Error() string { return u.problem.Error() }

func (k keys) unlistable(err error) error {
	problem, _ := aws.Classify(k.call("kms:ListGrants"), err)
	problem.NextStep = fmt.Sprintf("Let the key's policy delegate kms:CreateGrant, kms:ListGrants, kms:RevokeGrant and "+
		"kms:DescribeKey to account %s, and the member role use them; then create the migration anew.", k.cell.Account)
	problem.Metadata = with(problem.Metadata, map[string]string{"kms_key_arn": k.arn})
	return &unlistable{problem}
}

// grantsOf are the grants of a pair. The error is unlistable, or the activity's.
func (a *Activities) grantsOf(ctx context.Context, in workflows.SurveyInput, pair workflows.Pair) ([]workflows.AccessChange, error) {
	key := a.keys(in.Cell, pair.KeyARN)
	grants, _, err := key.grants(ctx, pair.RoleARN)
	switch {
	case aws.IsMissing(err):
		return nil, nil
	case aws.IsDenied(err) && (key.isForeign() || slices.Contains(in.Keys, key.arn)):
		return nil, key.unlistable(err)
	case err != nil:
		return nil, key.classify("kms:ListGrants", err)
	}
	changes := make([]workflows.AccessChange, 0, len(grants))
	for _, g := range grants {
		changes = append(changes, change(pair, g))
	}
	return changes, nil
}

func (a *Activities) describe(ctx context.Context, cell workflows.Cell, arn string) (workflows.KeyFacts, error) {
	key := a.keys(cell, arn)
	out, err := key.api.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: awssdk.String(arn)})
	if err == nil {
		return facts(arn, out.KeyMetadata), nil
	}
	problem, retry := aws.Classify(key.call("kms:DescribeKey"), err)
	if retry || problem.Reason == workflows.CellNotReachable || problem.Reason == workflows.Internal {
		return workflows.KeyFacts{}, failure.Classified(problem, retry)
	}
	return workflows.KeyFacts{ARN: arn, Problem: &workflows.Problem{
		Reason:   workflows.KeyNotUsable,
		Message:  "The key can't be described: " + problem.Message,
		NextStep: "Check that the key exists, and that its policy lets the member role describe it and make grants on it.",
		Metadata: with(problem.Metadata, map[string]string{"kms_key_arn": arn, "key_state": ""}),
	}}, nil
}

// facts judges a key that was described. S3 takes symmetric encryption keys only, and they must be enabled; an AWS
// managed key takes no grants for others (S3 User Guide, UsingKMSEncryption; KMS Developer Guide, key-state).
func facts(arn string, m *types.KeyMetadata) workflows.KeyFacts {
	if m == nil {
		m = &types.KeyMetadata{}
	}
	f := workflows.KeyFacts{ARN: arn, State: string(m.KeyState)}
	var why string
	switch {
	case m.KeyState != types.KeyStateEnabled:
		why = fmt.Sprintf("it is %s", m.KeyState)
	case m.KeyUsage != types.KeyUsageTypeEncryptDecrypt:
		why = fmt.Sprintf("it is for %s", m.KeyUsage)
	case m.KeySpec != types.KeySpecSymmetricDefault:
		why = fmt.Sprintf("its key spec is %s", m.KeySpec)
	case m.KeyManager == types.KeyManagerTypeAws:
		why = "AWS manages it"
	default:
		return f
	}
	f.Problem = &workflows.Problem{
		Reason:   workflows.KeyNotUsable,
		Message:  fmt.Sprintf("Key %s can't encrypt artifacts: %s.", arn, why),
		NextStep: "Name an enabled, symmetric, customer managed encryption key of the bucket's Region.",
		Metadata: map[string]string{
			"kms_key_arn": arn, "key_state": f.State, "key_usage": string(m.KeyUsage), "key_spec": string(m.KeySpec),
			"key_manager": string(m.KeyManager),
		},
	}
	return f
}

// distinct is a list without what it repeats, in its order.
func distinct[T comparable](list []T) []T {
	var once []T
	for _, v := range list {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}

func with(m, more map[string]string) map[string]string {
	maps.Copy(m, more)
	return m
}
