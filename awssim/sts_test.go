package awssim_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"rekey/awssim"
	"rekey/awssim/iam"
	"rekey/awssim/identity"
)

const (
	hub    = "arn:aws:iam::" + foreign + ":role/hub"
	member = "arn:aws:iam::" + home + ":role/member"
)

// withMember adds a hub role and a member role that trusts it with an external id.
func withMember(t *testing.T) *testWorld {
	t.Helper()
	w := newWorld(t, awssim.Settings{})
	w.must(w.IAM.AddRole(iam.Role{ARN: hub, Inline: map[string]string{"assume": allow("sts:AssumeRole", member)}}))
	w.must(w.IAM.AddRole(iam.Role{
		ARN: member, MaxSession: 2 * time.Hour,
		Trust: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + hub + `"},"Action":"sts:AssumeRole",
			"Condition":{"StringEquals":{"sts:ExternalId":"secret-42"}}}}`,
		Inline: map[string]string{"read": allow("iam:*", "*")},
	}))
	return w
}

func assumeInput() *awssts.AssumeRoleInput {
	return &awssts.AssumeRoleInput{
		RoleArn: aws.String(member), RoleSessionName: aws.String("rekey"), ExternalId: aws.String("secret-42"),
	}
}

func TestAssumeRoleGivesASession(t *testing.T) {
	w := withMember(t)
	before := time.Now()
	out, err := w.sts(w.as(hub)).AssumeRole(t.Context(), assumeInput())
	w.must(err)
	if until := out.Credentials.Expiration.Sub(before); until < 59*time.Minute || until > 61*time.Minute {
		t.Errorf("expires in %s of real time, want an hour", until)
	}
	session := static(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	who, err := w.sts(session).GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
	w.must(err)
	if *who.Arn != "arn:aws:sts::111111111111:assumed-role/member/rekey" || *who.Account != home || *who.Arn != *out.AssumedRoleUser.Arn {
		t.Errorf("%s in %s", *who.Arn, *who.Account)
	}
}

func TestAssumeRoleRefusals(t *testing.T) {
	tests := map[string]struct {
		change func(in *awssts.AssumeRoleInput)
		as     aws.CredentialsProvider
		want   string
	}{
		"no external id":      {change: func(in *awssts.AssumeRoleInput) { in.ExternalId = nil }, want: "AccessDenied"},
		"another external id": {change: func(in *awssts.AssumeRoleInput) { in.ExternalId = aws.String("secret-43") }, want: "AccessDenied"},
		"no such role":        {change: func(in *awssts.AssumeRoleInput) { in.RoleArn = aws.String(member + "x") }, want: "AccessDenied"},
		"another caller":      {as: homeRoot, want: "AccessDenied"},
		"too short":           {change: func(in *awssts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(899) }, want: "ValidationError"},
		"chained over 1 hour": {change: func(in *awssts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(3601) }, want: "ValidationError"},
		"session name":        {change: func(in *awssts.AssumeRoleInput) { in.RoleSessionName = aws.String("a b") }, want: "ValidationError"},
		"source identity":     {change: func(in *awssts.AssumeRoleInput) { in.SourceIdentity = aws.String("me") }, want: "AccessDenied"},
		"session policy":      {change: func(in *awssts.AssumeRoleInput) { in.Policy = aws.String("{") }, want: "MalformedPolicyDocument"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := withMember(t)
			in := assumeInput()
			if tt.change != nil {
				tt.change(in)
			}
			if tt.as == nil {
				tt.as = w.as(hub)
			}
			_, err := w.sts(tt.as).AssumeRole(t.Context(), in)
			wantCode(t, err, tt.want)
		})
	}
}

func TestSessionPolicyNarrows(t *testing.T) {
	w := withMember(t)
	in := assumeInput()
	in.Policy = aws.String(allow("iam:GetRole", "*"))
	out, err := w.sts(w.as(hub)).AssumeRole(t.Context(), in)
	w.must(err)
	client := w.iam(static(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken))
	_, err = client.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("canary")})
	wantCode(t, err, "")
	_, err = client.ListRolePolicies(t.Context(), &awsiam.ListRolePoliciesInput{RoleName: aws.String("canary")})
	wantCode(t, err, "AccessDenied")
}

func TestCredentialsAreChecked(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	live := w.STS.Start(identity.Role(canary, "s"), time.Hour)
	over := w.STS.Start(identity.Role(canary, "s"), -time.Second)
	tests := map[string]struct {
		credentials aws.CredentialsProvider
		query, json string
		s3          string
	}{
		"unknown key":   {static("AKIANONE", "x", ""), "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"},
		"another token": {static(live.AccessKeyID, live.Secret, "x"), "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"},
		"wrong secret":  {static("AKIAHOME", "x", ""), "SignatureDoesNotMatch", "InvalidSignatureException", "SignatureDoesNotMatch"},
		"expired":       {static(over.AccessKeyID, over.Secret, over.Token), "ExpiredToken", "ExpiredTokenException", "ExpiredToken"},
		"none":          {aws.AnonymousCredentials{}, "MissingAuthenticationToken", "MissingAuthenticationTokenException", "AccessDenied"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := w.sts(tt.credentials).GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
			wantCode(t, err, tt.query)
			wantCode(t, describe(w.testing(t), tt.credentials), tt.json)
			wantCode(t, getMissing(w.testing(t), tt.credentials), tt.s3)
		})
	}
}
