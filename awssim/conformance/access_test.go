package conformance

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// policyName is the only inline policy that the suite puts.
const policyName = "rekey-conformance"

// statement is one of a policy's; Effect is Allow when empty, Resource everything.
type statement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal any `json:",omitempty"`
	Action    any
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

func policy(statements ...statement) string {
	for i := range statements {
		if statements[i].Effect == "" {
			statements[i].Effect = "Allow"
		}
		if statements[i].Resource == "" {
			statements[i].Resource = "*"
		}
	}
	return asJSON(map[string]any{"Version": "2012-10-17", "Statement": statements})
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// putRolePolicy gives ROLE the inline policy, which goes when the trial ends.
func (x *trial) putRolePolicy(name, document string) error {
	x.Helper()
	in := &awsiam.DeleteRolePolicyInput{RoleName: nameOf(x.id(role)), PolicyName: &name}
	x.Cleanup(func() {
		if _, err := x.iam.DeleteRolePolicy(x.ctx, in); code(err) != "NoSuchEntity" {
			x.must(err)
		}
	})
	_, err := x.iam.PutRolePolicy(x.ctx, &awsiam.PutRolePolicyInput{RoleName: in.RoleName, PolicyName: &name, PolicyDocument: &document})
	return err
}

func (x *trial) allowRole(statements ...statement) {
	x.Helper()
	x.must(x.putRolePolicy(policyName, policy(statements...)))
}

// useKey are the permissions of a canary's role on a key.
func (x *trial) useKey(s subject) statement {
	return statement{Action: []string{"kms:GenerateDataKey", "kms:Decrypt"}, Resource: x.id(s)}
}

// grant gives a role the use of a key until the trial ends.
func (x *trial) grant(by *caller, on, to subject, change ...func(*awskms.CreateGrantInput)) *awskms.CreateGrantOutput {
	x.Helper()
	in := x.grantInput(on, to)
	for _, f := range change {
		f(in)
	}
	out, err := by.kms.CreateGrant(x.ctx, in)
	x.must(err)
	x.Cleanup(func() {
		_, err := by.kms.RevokeGrant(x.ctx, &awskms.RevokeGrantInput{KeyId: in.KeyId, GrantId: out.GrantId})
		if code(err) != keyNotFound {
			x.must(err)
		}
	})
	return out
}

func (x *trial) grantInput(on, to subject) *awskms.CreateGrantInput {
	return &awskms.CreateGrantInput{
		KeyId: x.named(on), GranteePrincipal: x.named(to), Name: aws.String(policyName),
		Operations: []types.GrantOperation{types.GrantOperationGenerateDataKey, types.GrantOperationDecrypt},
	}
}

// uses asks for a data key.
func (x *trial) uses(as *caller, on subject, tokens ...string) error {
	_, err := as.kms.GenerateDataKey(x.ctx, &awskms.GenerateDataKeyInput{
		KeyId: x.named(on), KeySpec: types.DataKeySpecAes256, GrantTokens: tokens,
	})
	return err
}

// comesToUse waits until what was given is in effect.
func (x *trial) comesToUse(as *caller, on subject) {
	x.Helper()
	x.eventually(propagation, "the role may use the key", func() bool { return x.uses(as, on) == nil })
}

// staysWithout waits until whatever was given must be in effect, and expects the refusal to remain.
func (x *trial) staysWithout(as *caller, on subject) {
	x.Helper()
	x.pass(x.effective())
	x.refused(x.uses(as, on), accessDenied)
}
