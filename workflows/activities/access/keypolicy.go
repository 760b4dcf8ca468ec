package access

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"rekey/workflows"
	"rekey/workflows/arn"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
	"rekey/workflows/policydoc"
)

// conflicts is how many times a key's policy is edited anew after somebody else edited it at the same time.
const conflicts = 5

// WriteKeyPolicy carries out edits of a key's policy in one write: roles come into or leave the principals of the one
// statement that rekey owns, and statements of others that a plan lists are removed, or put back as they were. All other
// statements keep their text. It is called by the key's owner alone, with the credentials of the key's account (KMS API,
// PutKeyPolicy: same account only).
//
// KMS has no lock on a policy. What was written is read back: where it is not what was written, somebody else edited it
// in between, and their policy is edited anew, a few times over.
//
// KMS takes no policy that names a principal that does not exist (KMS API, PutKeyPolicy). A role that was deleted since the
// plan would be in the way of all others: where a write is refused as malformed, each edit is written by itself.
//
// Edits of a migration that is paused are left out, with PAUSED as their problem.
func (a *Activities) WriteKeyPolicy(ctx context.Context, in workflows.KeyPolicyInput) (workflows.KeyPolicyResult, error) {
	key := a.keys(workflows.Cell{Account: arn.Account(in.KeyARN), Region: arn.Region(in.KeyARN)}, in.KeyARN)
	return key.writeOpen(ctx, in.Edits)
}

// writeAll carries out edits in one write, or one by one where KMS refuses that.
func (k keys) writeAll(ctx context.Context, edits []workflows.KeyEdit) (workflows.KeyPolicyResult, error) {
	result, err := k.write(ctx, edits)
	if isMalformed(err) {
		return k.writeEach(ctx, edits)
	}
	return result, err
}

// write carries out edits in one write, anew for as long as somebody else edits the policy at the same time.
func (k keys) write(ctx context.Context, edits []workflows.KeyEdit) (workflows.KeyPolicyResult, error) {
	result := workflows.KeyPolicyResult{Problems: make([]*workflows.Problem, len(edits))}
	for range conflicts {
		done, err := k.edit(ctx, edits, &result)
		if err != nil || done {
			return result, err
		}
	}
	for i := range result.Problems {
		result.Problems[i] = conflict(k.arn)
	}
	return result, nil
}

// edit makes one attempt, and reports whether the policy was read back as wanted.
func (k keys) edit(ctx context.Context, edits []workflows.KeyEdit, result *workflows.KeyPolicyResult) (bool, error) {
	before, _, err := k.document(ctx)
	if err != nil {
		return false, err
	}
	wanted, err := carryOut(before, k.arn, edits, result.Problems)
	if err != nil {
		return false, err
	}
	text, err := before.Without("")
	if err != nil {
		return false, err
	}
	if !policydoc.SameJSON(text, wanted) {
		_, err = k.api.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{
			KeyId: awssdk.String(k.arn), PolicyName: awssdk.String("default"), Policy: awssdk.String(wanted),
		})
		if err != nil {
			return false, k.classify("kms:PutKeyPolicy", err)
		}
	}
	after, date, err := k.document(ctx)
	if err != nil {
		return false, err
	}
	result.Dated = date
	text, err = after.Without("")
	return err == nil && policydoc.SameJSON(text, wanted), err
}

func (k keys) document(ctx context.Context) (policydoc.Document, time.Time, error) {
	out, err := k.api.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: awssdk.String(k.arn), PolicyName: awssdk.String("default")})
	if err != nil {
		return policydoc.Document{}, time.Time{}, k.classify("kms:GetKeyPolicy", err)
	}
	date, ok := aws.ServerTime(out.ResultMetadata)
	if !ok {
		return policydoc.Document{}, date, failure.Retry(aws.Undated(k.call("kms:GetKeyPolicy")), 0)
	}
	doc, err := policydoc.Parse(awssdk.ToString(out.Policy))
	if err != nil {
		return doc, date, failure.Refuse(&workflows.Problem{
			Reason:   workflows.AWSRefused,
			Message:  fmt.Sprintf("The policy of key %s can't be understood, so it is not edited: %s", k.arn, err),
			NextStep: "Choose another access policy.",
			Metadata: map[string]string{"operation": "kms:GetKeyPolicy", "aws_code": "none", "kms_key_arn": k.arn},
		})
	}
	return doc, date, nil
}

// carryOut is the policy's text after the edits. One that finds no room is left out, and has its problem set.
func carryOut(doc policydoc.Document, key string, edits []workflows.KeyEdit, problems []*workflows.Problem) (string, error) {
	text, err := doc.Without("")
	for i, e := range edits {
		if err != nil {
			return "", err
		}
		problems[i] = nil
		var next string
		switch {
		case e.Change.Foreign && isChanged(doc, e.Change):
			problems[i] = changedSince(workflows.AccessChange{PolicyName: e.Change.Sid, RoleARN: key})
			continue
		case e.Change.Foreign && e.Present:
			next, err = doc.With(e.Change.Sid, json.RawMessage(e.Change.Document))
		case e.Change.Foreign:
			next, err = doc.Without(e.Change.Sid)
		case e.Present:
			next, err = withRoles(doc, key, []string{e.Change.RoleARN}, nil)
		default:
			next, err = withRoles(doc, key, nil, []string{e.Change.RoleARN})
		}
		if err != nil {
			return "", err
		}
		if problems[i] = full("the policy of key "+key, len(next), maxKeyPolicy); problems[i] != nil && e.Present {
			continue
		}
		problems[i] = nil
		text = next
		doc, err = policydoc.Parse(text)
	}
	return text, err
}

// isChanged reports whether a statement of others' is there and not as a plan listed it: it is neither removed nor
// overwritten.
func isChanged(doc policydoc.Document, c workflows.AccessChange) bool {
	return slices.ContainsFunc(doc.Statements, func(s policydoc.Statement) bool {
		return s.Sid == c.Sid && !policydoc.SameJSON(string(s.Raw), c.Document)
	})
}

// withRoles is the policy's text with rekey's statement for its present roles, some more and some less. Without roles
// there is no statement. The statement gives the use of the key through S3 alone.
//
// AWS shows a role that was deleted as its unique id (IAM User Guide, reference_policies_elements_principal), and takes no
// policy that names one: such an id goes.
func withRoles(doc policydoc.Document, key string, more, less []string) (string, error) {
	var roles []string
	for _, s := range doc.Statements {
		if s.Sid == workflows.KeyPolicySid {
			roles = append(roles, s.Principals...)
		}
	}
	roles = slices.DeleteFunc(distinct(append(roles, more...)), func(r string) bool {
		return slices.Contains(less, r) || !strings.HasPrefix(r, "arn:")
	})
	if len(roles) == 0 {
		return doc.Without(workflows.KeyPolicySid)
	}
	slices.Sort(roles)
	text, err := json.Marshal(statement{
		Sid: workflows.KeyPolicySid, Effect: "Allow", Principal: map[string]any{"AWS": roles}, Action: actions, Resource: "*",
		Condition: map[string]any{"StringEquals": map[string]string{"kms:ViaService": "s3." + arn.Region(key) + ".amazonaws.com"}},
	})
	if err != nil {
		return "", err
	}
	return doc.With(workflows.KeyPolicySid, text)
}

func conflict(key string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.KeyPolicyConflict,
		Message:  fmt.Sprintf("The policy of key %s was edited by somebody else at the same time, %d times over.", key, conflicts),
		NextStep: "Find out who edits the policy, and migrate again.",
		Metadata: map[string]string{"kms_key_arn": key},
	}
}
