package conformance

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	assumeReference = "API_AssumeRole"
	badDuration     = "ValidationError"
)

func sts() []fact {
	return []fact{
		{
			name: "ExternalIdIsRequiredWhereTheTrustPolicyAsksForIt", status: confirmed, needs: []subject{externalRole, externalID},
			source: "IAM User Guide, access to accounts owned by third parties",
			check: func(x *trial) {
				_, err := x.assume(x.caller, externalRole, func(in *awssts.AssumeRoleInput) { in.ExternalId = x.named(externalID) })
				x.must(err)
				_, err = x.assume(x.caller, externalRole)
				x.refused(err, denied)
				_, err = x.assume(x.caller, externalRole, func(in *awssts.AssumeRoleInput) { in.ExternalId = aws.String("another") })
				x.refused(err, denied)
			},
		},
		{
			name: "ChainedSessionLastsAnHourAtMost", status: confirmed, needs: []subject{role, chainedRole}, source: assumeReference + ", DurationSeconds",
			check: func(x *trial) {
				session := x.as(role, x.caller)
				_, err := x.assume(session, chainedRole, lasting(3600))
				x.must(err)
				_, err = x.assume(session, chainedRole, lasting(3601))
				x.refused(err, badDuration)
			},
		},
		{
			name: "SessionLastsFifteenMinutesAtLeast", status: confirmed, needs: []subject{role}, source: assumeReference + ", DurationSeconds",
			check: func(x *trial) {
				_, err := x.assume(x.caller, role, lasting(899))
				x.refused(err, badDuration)
			},
		},
		{
			name: "SessionNameIsInTheCallersARN", status: confirmed, needs: []subject{role}, source: assumeReference + ", RoleSessionName",
			check: func(x *trial) {
				session, err := x.assume(x.caller, role)
				x.must(err)
				who, err := session.sts.GetCallerIdentity(x.ctx, &awssts.GetCallerIdentityInput{})
				x.must(err)
				if !strings.HasSuffix(*who.Arn, ":assumed-role/"+*nameOf(x.id(role))+"/conformance") {
					x.Error(*who.Arn)
				}
			},
		},
		{
			name: "SessionNamesHaveNoSpaces", status: confirmed, needs: []subject{role}, source: "API model, roleSessionNameType",
			check: func(x *trial) {
				_, err := x.assume(x.caller, role, func(in *awssts.AssumeRoleInput) { in.RoleSessionName = aws.String("a b") })
				x.refused(err, badDuration)
			},
		},
		{
			name: "SessionPolicyNarrowsTheSession", status: confirmed, mutates: true, needs: []subject{role}, source: assumeReference + ", Policy",
			check: sessionPolicyNarrows,
		},
		{
			name: "MalformedSessionPolicyIsRefused", status: confirmed, needs: []subject{role}, source: assumeReference + ", MalformedPolicyDocument",
			check: func(x *trial) {
				_, err := x.assume(x.caller, role, func(in *awssts.AssumeRoleInput) { in.Policy = aws.String("{") })
				x.refused(err, "MalformedPolicyDocument")
			},
		},
		{
			name: "MissingRoleIsAccessDenied", status: confirmed, needs: []subject{role}, source: "IAM User Guide, troubleshooting roles",
			check: func(x *trial) {
				_, err := x.assume(x.caller, role, func(in *awssts.AssumeRoleInput) { in.RoleArn = aws.String(*in.RoleArn + "-of-nobody") })
				x.refused(err, denied)
			},
		},
	}
}

func lasting(seconds int32) func(*awssts.AssumeRoleInput) {
	return func(in *awssts.AssumeRoleInput) { in.DurationSeconds = &seconds }
}

// assume starts a session of a role, and is who has it.
func (x *trial) assume(by *caller, s subject, change ...func(*awssts.AssumeRoleInput)) (*caller, error) {
	in := &awssts.AssumeRoleInput{RoleArn: x.named(s), RoleSessionName: aws.String("conformance")}
	for _, f := range change {
		f(in)
	}
	out, err := by.sts.AssumeRole(x.ctx, in)
	if err != nil {
		return nil, err
	}
	c := by.config.Copy()
	c.Credentials = credentials.NewStaticCredentialsProvider(
		*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	return x.calling(c), nil
}

func sessionPolicyNarrows(x *trial) {
	x.allowRole(statement{Action: []string{"iam:GetRole", "iam:ListRolePolicies"}})
	session, err := x.assume(x.caller, role, func(in *awssts.AssumeRoleInput) {
		in.Policy = aws.String(policy(statement{Action: "iam:GetRole"}))
	})
	x.must(err)
	x.eventually(propagation, "the session may do what both policies allow", func() bool {
		_, err := session.iam.GetRole(x.ctx, &awsiam.GetRoleInput{RoleName: nameOf(x.id(role))})
		return err == nil
	})
	_, err = session.iam.ListRolePolicies(x.ctx, &awsiam.ListRolePoliciesInput{RoleName: nameOf(x.id(role))})
	x.refused(err, denied)
}
