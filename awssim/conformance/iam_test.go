package conformance

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
)

const noSuchEntity = "NoSuchEntity"

func iam() []fact {
	return []fact{
		{
			name: "RolePolicyIsPutOverTheOneOfItsName", status: confirmed, mutates: true, needs: []subject{role}, source: "API_PutRolePolicy",
			check: func(x *trial) {
				first, second := policy(statement{Action: "s3:GetObject"}), policy(statement{Action: "s3:PutObject"})
				x.must(x.putRolePolicy(policyName, first))
				x.must(x.putRolePolicy(policyName, second))
				x.eventually(propagation, "the second policy is there", func() bool {
					document, err := x.rolePolicy(role, policyName)
					return err == nil && document == second
				})
			},
		},
		{
			name: "RolePolicyIsAnsweredURLEncoded", status: inferred, mutates: true, needs: []subject{role}, source: "API_GetRolePolicy",
			check: func(x *trial) {
				x.allowRole(statement{Action: "s3:GetObject"})
				x.eventually(propagation, "the policy is there", func() bool {
					out, err := x.iam.GetRolePolicy(x.ctx, &awsiam.GetRolePolicyInput{
						RoleName: nameOf(x.id(role)), PolicyName: aws.String(policyName),
					})
					return err == nil && strings.HasPrefix(*out.PolicyDocument, "%7B%22")
				})
			},
		},
		{
			name: "MissingRolePolicyIsNoSuchEntity", status: confirmed, needs: []subject{role}, source: "API_GetRolePolicy, NoSuchEntity",
			check: func(x *trial) {
				_, err := x.rolePolicy(role, "rekey-conformance-missing")
				x.refused(err, noSuchEntity)
				x.status(err, http.StatusNotFound)
			},
		},
		{
			name: "DeletingAMissingRolePolicyIsNoSuchEntity", status: confirmed, mutates: true, needs: []subject{role},
			source: "API_DeleteRolePolicy, NoSuchEntity",
			check: func(x *trial) {
				_, err := x.iam.DeleteRolePolicy(x.ctx, &awsiam.DeleteRolePolicyInput{
					RoleName: nameOf(x.id(role)), PolicyName: aws.String("rekey-conformance-missing"),
				})
				x.refused(err, noSuchEntity)
			},
		},
		{
			name: "MissingRoleIsNoSuchEntity", status: confirmed, source: "API_GetRole, NoSuchEntity",
			check: func(x *trial) {
				_, err := x.iam.GetRole(x.ctx, &awsiam.GetRoleInput{RoleName: aws.String("no-such-role-of-rekey")})
				x.refused(err, noSuchEntity)
			},
		},
		{
			name: "RolePoliciesHoldTenThousandCharactersTogether", status: confirmed, mutates: true, needs: []subject{role},
			source: "IAM User Guide, IAM and STS quotas: 10,240 in all inline policies of a role", check: inlineQuota,
		},
		{
			name: "WhiteSpaceIsNotCounted", status: confirmed, mutates: true, needs: []subject{role}, source: "IAM User Guide, IAM and STS quotas",
			check: func(x *trial) {
				x.must(x.putRolePolicy(policyName, strings.Replace(longPolicy(6_000), ":", ":"+strings.Repeat(" ", 10_000), 1)))
			},
		},
		{
			name: "MalformedRolePolicyIsRefused", status: confirmed, mutates: true, needs: []subject{role},
			source: "API_PutRolePolicy, MalformedPolicyDocument",
			check: func(x *trial) {
				x.refused(x.putRolePolicy(policyName, `{"Version":"2012-10-17"}`), "MalformedPolicyDocument")
			},
		},
		{
			name: "ServiceLinkedRoleIsUnmodifiable", status: confirmed, mutates: true, needs: []subject{serviceLinkedRole},
			source: "API_PutRolePolicy, UnmodifiableEntity",
			check: func(x *trial) {
				document := policy(statement{Action: "s3:GetObject"})
				_, err := x.iam.PutRolePolicy(x.ctx, &awsiam.PutRolePolicyInput{
					RoleName: nameOf(x.id(serviceLinkedRole)), PolicyName: aws.String(policyName), PolicyDocument: &document,
				})
				x.refused(err, "UnmodifiableEntity")
			},
		},
	}
}

// rolePolicy is an inline policy, decoded.
func (x *trial) rolePolicy(s subject, name string) (string, error) {
	out, err := x.iam.GetRolePolicy(x.ctx, &awsiam.GetRolePolicyInput{RoleName: nameOf(x.id(s)), PolicyName: &name})
	if err != nil {
		return "", err
	}
	return url.QueryUnescape(*out.PolicyDocument)
}

// longPolicy has a number of characters, none of them white space.
func longPolicy(characters int) string {
	short := policy(statement{Sid: "x", Action: "s3:GetObject"})
	return policy(statement{Sid: "x" + strings.Repeat("x", characters-len(short)), Action: "s3:GetObject"})
}

func inlineQuota(x *trial) {
	x.must(x.putRolePolicy(policyName, longPolicy(6_000)))
	x.must(x.putRolePolicy(policyName+"-2", longPolicy(4_240)))
	err := x.putRolePolicy(policyName+"-2", longPolicy(4_241))
	x.refused(err, "LimitExceeded")
	x.status(err, http.StatusConflict)
}
