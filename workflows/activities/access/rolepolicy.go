package access

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
	"rekey/workflows/policydoc"
)

// rolePolicy is the method of inline role policies: one policy per role and key, or per role and location, written
// whole and never edited.
type rolePolicy struct {
	api    IAM
	cell   workflows.Cell
	change workflows.AccessChange
}

func (p *rolePolicy) look(ctx context.Context) (found, bool, error) {
	text, date, there, err := p.read(ctx)
	if err != nil || !there || !policydoc.SameJSON(text, p.document()) {
		return found{}, false, err
	}
	return found{change: p.change, since: date, now: date}, true, nil
}

// read is the policy of the change's name, and AWS's date of the answer.
func (p *rolePolicy) read(ctx context.Context) (text string, date time.Time, there bool, err error) {
	out, err := p.api.GetRolePolicy(ctx, &iam.GetRolePolicyInput{
		RoleName: awssdk.String(arn.RoleName(p.change.RoleARN)), PolicyName: awssdk.String(p.change.PolicyName),
	})
	switch {
	case aws.IsMissing(err):
		return "", date, false, nil
	case err != nil:
		return "", date, false, p.classify("iam:GetRolePolicy", err)
	}
	date, ok := aws.ServerTime(out.ResultMetadata)
	if !ok {
		return "", date, false, failure.Retry(aws.Undated(p.call("iam:GetRolePolicy")), 0)
	}
	text, err = url.PathUnescape(awssdk.ToString(out.PolicyDocument))
	return text, date, err == nil, nil
}

// give writes the policy, if the role has room for it. What others have put under the name of a policy of theirs that is to
// be put back stays. One that is as it is to be was written by an attempt of before, which an old answer to look did not show.
func (p *rolePolicy) give(ctx context.Context) error {
	document := p.document()
	if p.change.Foreign {
		if text, _, there, err := p.read(ctx); err != nil || there && !policydoc.SameJSON(text, document) {
			return cmp.Or(err, failure.Refuse(changedSince(p.change)))
		}
	}
	size, err := p.others(ctx)
	if err != nil {
		return err
	}
	if problem := full("the inline policies of "+p.change.RoleARN, size+policydoc.Length(document), maxInline); problem != nil {
		return failure.Refuse(problem)
	}
	_, err = p.api.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName:   awssdk.String(arn.RoleName(p.change.RoleARN)),
		PolicyName: awssdk.String(p.change.PolicyName), PolicyDocument: awssdk.String(document),
	})
	if err != nil {
		return p.classify("iam:PutRolePolicy", err)
	}
	return nil
}

// others is how many characters the role's other inline policies have together.
func (p *rolePolicy) others(ctx context.Context) (int, error) {
	size := 0
	role := awssdk.String(arn.RoleName(p.change.RoleARN))
	pages := iam.NewListRolePoliciesPaginator(p.api, &iam.ListRolePoliciesInput{RoleName: role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, p.classify("iam:ListRolePolicies", err)
		}
		for _, name := range page.PolicyNames {
			if name == p.change.PolicyName {
				continue
			}
			other := *p
			other.change.PolicyName = name
			text, _, _, err := other.read(ctx)
			if err != nil {
				return 0, err
			}
			size += policydoc.Length(text)
		}
	}
	return size, nil
}

// remove deletes the policy if it is what it is known as. One that somebody changed since stays.
func (p *rolePolicy) remove(ctx context.Context) (gone bool, held *workflows.Problem, err error) {
	text, _, there, err := p.read(ctx)
	switch {
	case err != nil:
		return false, nil, err
	case !there:
		return true, nil, nil
	case !policydoc.SameJSON(text, p.document()):
		return false, changedSince(p.change), nil
	}
	_, err = p.api.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{
		RoleName: awssdk.String(arn.RoleName(p.change.RoleARN)), PolicyName: awssdk.String(p.change.PolicyName),
	})
	if err != nil && !aws.IsMissing(err) {
		return false, nil, p.classify("iam:DeleteRolePolicy", err)
	}
	_, _, there, err = p.read(ctx)
	return !there, nil, err
}

func changedSince(c workflows.AccessChange) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.WiderAccess,
		Message:  "Policy " + c.PolicyName + " of " + c.RoleARN + " is not as the plan listed it: somebody changed it, so it stays.",
		NextStep: "Look at the policy, and remove it by hand when nobody needs it.",
		Metadata: map[string]string{"access": c.PolicyName},
	}
}

func (p *rolePolicy) call(operation string) aws.Call {
	return aws.Call{Operation: operation, Resource: p.change.RoleARN, Cell: p.cell}
}

func (p *rolePolicy) classify(operation string, err error) error {
	return failure.Classified(aws.Classify(p.call(operation), err))
}

// document is the policy's text: rekey's own, or one that is put back as it was.
func (p *rolePolicy) document() string {
	if p.change.Document != "" {
		return p.change.Document
	}
	return roleDocument(p.change)
}

type statement struct {
	Sid       string         `json:"Sid,omitempty"`
	Effect    string         `json:"Effect"`
	Principal map[string]any `json:"Principal,omitempty"`
	Action    []string       `json:"Action"`
	Resource  string         `json:"Resource"`
	Condition map[string]any `json:"Condition,omitempty"`
}

// roleDocument is the text of rekey's own policy for a key, or for an artifact location: what a canary's role needs
// there (Synthetics API, UpdateCanary, ExecutionRoleArn; s3:GetObject for a baseline).
func roleDocument(c workflows.AccessChange) string {
	statements := []statement{{Sid: "RekeyArtifactKey", Effect: "Allow", Action: actionsOf(c), Resource: c.KeyARN}}
	if c.Location != "" {
		role, _ := arn.Parse(c.RoleARN)
		bucket, _, _ := strings.Cut(c.Location, "/")
		s3 := "arn:" + role.Partition + ":s3:::"
		statements = []statement{
			{Sid: "RekeyArtifacts", Effect: "Allow", Action: []string{"s3:GetObject", "s3:PutObject"}, Resource: s3 + c.Location + "/*"},
			{Sid: "RekeyArtifactBucket", Effect: "Allow", Action: []string{"s3:GetBucketLocation"}, Resource: s3 + bucket},
			{Sid: "RekeyBuckets", Effect: "Allow", Action: []string{"s3:ListAllMyBuckets"}, Resource: "*"},
		}
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // plain strings always encode
	}
	return string(text)
}

func actionsOf(c workflows.AccessChange) []string {
	if c.DecryptOnly {
		return decrypt
	}
	return actions
}
