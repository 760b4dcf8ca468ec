package awssim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"rekey/awssim"
	"rekey/awssim/iam"
	"rekey/awssim/journal"
)

func TestGetRole(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	out, err := w.iam(homeRoot).GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("canary")})
	w.must(err)
	trust, err := url.QueryUnescape(*out.Role.AssumeRolePolicyDocument)
	w.must(err)
	if *out.Role.Arn != canary || *out.Role.Path != "/service/" || !strings.Contains(trust, "lambda.amazonaws.com") ||
		!out.Role.CreateDate.Equal(start) || *out.Role.MaxSessionDuration != 3600 {
		t.Errorf("%+v, trust %s", out.Role, trust)
	}
	_, err = w.iam(homeRoot).GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("none")})
	wantCode(t, err, "NoSuchEntity")
	_, err = w.iam(w.as(canary)).GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("canary")})
	wantCode(t, err, "AccessDenied")
}

func TestRolePoliciesArePutReadListedAndDeleted(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	client := w.iam(homeRoot)
	role := aws.String("canary")
	doc := allow("kms:Decrypt", keyL)
	for _, name := range []string{"b", "a", "a"} {
		_, err := client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String(name), PolicyDocument: aws.String(doc)})
		w.must(err)
	}
	var names []string
	pager := awsiam.NewListRolePoliciesPaginator(client, &awsiam.ListRolePoliciesInput{RoleName: role, MaxItems: aws.Int32(1)})
	for pager.HasMorePages() {
		page, err := pager.NextPage(t.Context())
		w.must(err)
		names = append(names, page.PolicyNames...)
	}
	if fmt.Sprint(names) != "[a artifacts b]" {
		t.Errorf("names = %v", names)
	}
	out, err := client.GetRolePolicy(t.Context(), &awsiam.GetRolePolicyInput{RoleName: role, PolicyName: aws.String("a")})
	w.must(err)
	if got, _ := url.PathUnescape(*out.PolicyDocument); got != doc {
		t.Errorf("document = %s", got)
	}
	remove := func() error {
		_, err := client.DeleteRolePolicy(t.Context(), &awsiam.DeleteRolePolicyInput{RoleName: role, PolicyName: aws.String("a")})
		return err
	}
	wantCode(t, remove(), "")
	wantCode(t, remove(), "NoSuchEntity")
	_, err = client.GetRolePolicy(t.Context(), &awsiam.GetRolePolicyInput{RoleName: role, PolicyName: aws.String("a")})
	wantCode(t, err, "NoSuchEntity")
	last := w.Journal.Since(3)
	if len(last) == 0 || last[0].Kind != journal.Mutation || last[0].Action != "iam:DeleteRolePolicy" || last[0].Resource != canary {
		t.Errorf("journal: %+v", last)
	}
}

func TestPutRolePolicyRefusals(t *testing.T) {
	w := newWorld(t, awssim.Settings{})
	w.must(w.IAM.AddRole(iam.Role{ARN: "arn:aws:iam::" + home + ":role/aws-service-role/x.amazonaws.com/linked"}))
	big := allow("kms:Decrypt", strings.Repeat("arn:aws:s3:::x", iam.MaxInline/14))
	tests := map[string]struct{ role, name, doc, want string }{
		"not JSON":        {"canary", "p", "{", "MalformedPolicyDocument"},
		"with principal":  {"canary", "p", delegate(home), "MalformedPolicyDocument"},
		"too long":        {"canary", "p", big, "LimitExceeded"},
		"spaces are free": {"canary", "p", allow("kms:Decrypt", keyL) + strings.Repeat(" ", iam.MaxInline), ""},
		"no such role":    {"none", "p", allow("kms:Decrypt", keyL), "NoSuchEntity"},
		"service-linked":  {"linked", "p", allow("kms:Decrypt", keyL), "UnmodifiableEntity"},
		"policy name":     {"canary", "a/b", allow("kms:Decrypt", keyL), "ValidationError"},
		"role name":       {"a/b", "p", allow("kms:Decrypt", keyL), "ValidationError"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := w.iam(homeRoot).PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
				RoleName: aws.String(tt.role), PolicyName: aws.String(tt.name), PolicyDocument: aws.String(tt.doc),
			})
			wantCode(t, err, tt.want)
		})
	}
}

func TestRolePolicyPropagates(t *testing.T) {
	for name, tt := range map[string]struct {
		settings awssim.Settings
		want     string
	}{
		"later":   {awssim.Settings{IAMPropagation: time.Hour}, "AccessDeniedException"},
		"at once": {awssim.Settings{IAMPropagation: -1}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tt.settings)
			_, err := w.iam(homeRoot).PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
				RoleName: aws.String("canary"), PolicyName: aws.String("kms"), PolicyDocument: aws.String(allow("kms:GenerateDataKey", keyL)),
			})
			w.must(err)
			_, err = w.kms(w.as(canary)).GenerateDataKey(t.Context(), &awskms.GenerateDataKeyInput{KeyId: aws.String(keyL), KeySpec: types.DataKeySpecAes256})
			wantCode(t, err, tt.want)
		})
	}
}
