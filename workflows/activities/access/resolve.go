package access

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

// ResolveKeys answers the target's key for each Region of buckets, and whether it can encrypt artifacts there: it exists,
// is enabled, symmetric, for encryption, a customer's, and in that Region. An alias is resolved in the cell's account;
// a template names the account itself. It changes nothing, and fails only where the cell can't be entered or another
// attempt may help.
func (a *Activities) ResolveKeys(ctx context.Context, in workflows.ResolveInput) ([]workflows.KeyFacts, error) {
	list := make([]workflows.KeyFacts, 0, len(in.Regions))
	for _, region := range in.Regions {
		facts, err := a.resolve(ctx, in, region)
		if err != nil {
			return nil, err
		}
		list = append(list, facts)
	}
	return list, nil
}

func (a *Activities) resolve(ctx context.Context, in workflows.ResolveInput, region string) (workflows.KeyFacts, error) {
	facts := workflows.KeyFacts{Region: region}
	name, err := keyName(in, region)
	switch {
	case err != nil:
		facts.Problem = notUsable(in.Target.KeyTemplate, "", "the template can't be filled in: "+err.Error())
	case name == "":
		facts.Problem = unnamed(region)
	case arn.IsKey(name) && arn.Region(name) != region:
		facts.ARN, facts.Problem = name, wrongRegion(name, region)
	default:
		return a.describe(ctx, in.Cell, name, region)
	}
	return facts, nil
}

// keyName is how the target names the key of a Region: a key ARN, an alias, or the ARN of one; empty when it names none.
func keyName(in workflows.ResolveInput, region string) (string, error) {
	if in.Target.KeyAlias != "" {
		return in.Target.KeyAlias, nil
	}
	if in.Target.KeyTemplate != "" {
		return arn.Expand(in.Target.KeyTemplate, map[string]string{"account": in.Cell.Account, "region": region})
	}
	for _, key := range in.Target.KeyARNs {
		if arn.Region(key) == region {
			return key, nil
		}
	}
	return "", nil
}

// describe asks KMS about a key of a Region. DescribeKey takes a key's ARN, an alias, and an alias' ARN, also of another
// account (KMS API, DescribeKey).
func (a *Activities) describe(ctx context.Context, cell workflows.Cell, name, region string) (workflows.KeyFacts, error) {
	if other := arn.Region(name); other != "" && other != region {
		return workflows.KeyFacts{Region: region, Problem: wrongRegion(name, region)}, nil
	}
	where := workflows.Cell{Account: cell.Account, Region: region}
	key := keys{api: kms.NewFromConfig(a.access.Config(where, "kms")), cell: where, arn: name}
	out, err := key.api.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: awssdk.String(name)})
	if err == nil {
		return facts(region, out.KeyMetadata), nil
	}
	problem, retry := aws.Classify(key.call("kms:DescribeKey"), err)
	if retry || problem.Reason == workflows.CellNotReachable || problem.Reason == workflows.Internal {
		return workflows.KeyFacts{}, failure.Classified(problem, retry)
	}
	p := notUsable(name, "", "it can't be described: "+problem.Message)
	p.NextStep = "Check that the key exists, and that its policy lets the member role describe it."
	return workflows.KeyFacts{Region: region, ARN: keyARN(name), Missing: aws.IsMissing(err), Problem: p}, nil
}

func keyARN(name string) string {
	if arn.IsKey(name) {
		return name
	}
	return ""
}

// facts judges a key that was described. S3 takes symmetric encryption keys only, and they must be enabled; an AWS
// managed key takes no grants for others (S3 User Guide, UsingKMSEncryption; KMS Developer Guide, key-state).
func facts(region string, m *types.KeyMetadata) workflows.KeyFacts {
	if m == nil {
		m = &types.KeyMetadata{}
	}
	f := workflows.KeyFacts{Region: region, ARN: awssdk.ToString(m.Arn), State: string(m.KeyState)}
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
	case arn.Region(f.ARN) != region:
		f.Problem = wrongRegion(f.ARN, region)
		return f
	default:
		return f
	}
	f.Problem = notUsable(f.ARN, f.State, why)
	f.Problem.Metadata["key_usage"], f.Problem.Metadata["key_spec"] = string(m.KeyUsage), string(m.KeySpec)
	return f
}

func notUsable(key, state, why string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.KeyNotUsable,
		Message:  fmt.Sprintf("Key %s can't encrypt artifacts: %s.", key, why),
		NextStep: "Name an enabled, symmetric, customer managed encryption key of the bucket's Region.",
		Metadata: map[string]string{"kms_key_arn": key, "key_state": state},
	}
}

func unnamed(region string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.NoKeyForRegion,
		Message:  fmt.Sprintf("The target names no key for %s, where the artifact bucket is.", region),
		NextStep: "Add a key of that Region to the target, and create the migration anew.",
		Metadata: map[string]string{"region": region, "bucket": ""},
	}
}

func wrongRegion(key, region string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.KeyInWrongRegion,
		Message:  fmt.Sprintf("Key %s is not in %s, where the artifact bucket is: S3 takes no other (S3 User Guide, UsingKMSEncryption).", key, region),
		NextStep: "Name a key of the bucket's Region, and create the migration anew.",
		Metadata: map[string]string{"kms_key_arn": key, "region": region, "bucket": ""},
	}
}
