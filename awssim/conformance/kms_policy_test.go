package conformance

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
)

const putKeyPolicyReference = "API_PutKeyPolicy"

func keyPolicyFacts() []fact {
	return []fact{
		{
			name: "KeyPolicyIsReplacedWhole", status: confirmed, mutates: true, needs: []subject{key, role}, source: putKeyPolicyReference,
			check: func(x *trial) {
				with := x.withStatement(x.statementFor(role, "kms:DescribeKey"))
				x.must(x.putKeyPolicy(with))
				x.eventually(propagation, "the policy is the one that was put", func() bool {
					return sameJSON(x.keyPolicy(key), with)
				})
			},
		},
		{
			name: "KeyPolicyIsAtMost32KB", status: confirmed, mutates: true, needs: []subject{key, role},
			source: "AWS KMS Developer Guide, resource quotas; the code is inferred",
			check: func(x *trial) {
				s := x.statementFor(role, "kms:DescribeKey")
				s.Sid = strings.Repeat("x", 32_768)
				x.refused(x.putKeyPolicy(x.withStatement(s)), overLimit)
			},
		},
		{
			name: "KeyPolicyNamesPrincipalsThatExist", status: confirmed, mutates: true, needs: []subject{key, role}, source: putKeyPolicyReference,
			check: func(x *trial) {
				s := x.statementFor(role, "kms:DescribeKey")
				s.Principal = map[string]string{"AWS": x.id(role) + "-of-nobody"}
				x.refused(x.putKeyPolicy(x.withStatement(s)), malformed)
			},
		},
		{
			name: "KeyPolicyMustNotLockItsCallerOut", status: confirmed, mutates: true, needs: []subject{key, role}, source: putKeyPolicyReference,
			check: locksOut,
		},
		{
			name: "KeyPolicyIsJSON", status: confirmed, mutates: true, needs: []subject{key}, source: putKeyPolicyReference,
			check: func(x *trial) { x.refused(x.putKeyPolicy("{"), malformed) },
		},
		{
			name: "KeyPolicyIsCalledDefault", status: confirmed, needs: []subject{key}, source: "API_GetKeyPolicy, PolicyName",
			check: func(x *trial) {
				_, err := x.kms.GetKeyPolicy(x.ctx, &awskms.GetKeyPolicyInput{KeyId: x.named(key), PolicyName: aws.String("other")})
				x.refused(err, keyNotFound)
			},
		},
	}
}

func (x *trial) keyPolicy(s subject) string {
	x.Helper()
	out, err := x.kms.GetKeyPolicy(x.ctx, &awskms.GetKeyPolicyInput{KeyId: x.named(s)})
	x.must(err)
	return *out.Policy
}

// putKeyPolicy replaces KEY's policy until the trial ends.
func (x *trial) putKeyPolicy(document string) error {
	x.Helper()
	before := x.keyPolicy(key)
	_, err := x.kms.PutKeyPolicy(x.ctx, &awskms.PutKeyPolicyInput{KeyId: x.named(key), Policy: &document})
	if err == nil {
		x.Cleanup(func() {
			_, err := x.kms.PutKeyPolicy(x.ctx, &awskms.PutKeyPolicyInput{KeyId: x.named(key), Policy: &before})
			x.must(err)
		})
	}
	return err
}

// withStatement is KEY's policy with one more statement.
func (x *trial) withStatement(more statement) string {
	x.Helper()
	var document map[string]any
	x.must(json.Unmarshal([]byte(x.keyPolicy(key)), &document))
	var one struct{ Statement []any }
	x.must(json.Unmarshal([]byte(policy(more)), &one))
	statements, ok := document["Statement"].([]any)
	if !ok {
		x.Fatal("the key's policy has no list of statements")
	}
	document["Statement"] = append(statements, one.Statement...)
	return asJSON(document)
}

// statementFor lets a role do something to the key that the policy is of.
func (x *trial) statementFor(s subject, action string) statement {
	return statement{Principal: map[string]string{"AWS": x.id(s)}, Action: action}
}

func sameJSON(a, b string) bool {
	var one, two any
	return json.Unmarshal([]byte(a), &one) == nil && json.Unmarshal([]byte(b), &two) == nil && asJSON(one) == asJSON(two)
}

// locksOut tries a policy that only the role could replace. Should it be taken, the role puts the old one back.
func locksOut(x *trial) {
	before := x.keyPolicy(key)
	locked := policy(x.statementFor(role, "kms:*"))
	_, err := x.kms.PutKeyPolicy(x.ctx, &awskms.PutKeyPolicyInput{KeyId: x.named(key), Policy: &locked})
	x.refused(err, malformed)
	if err != nil {
		return
	}
	_, err = x.as(role, x.caller).kms.PutKeyPolicy(x.ctx, &awskms.PutKeyPolicyInput{KeyId: x.named(key), Policy: &before})
	x.must(err)
}
