package access

import (
	"context"
	"fmt"

	"rekey/workflows"
	"rekey/workflows/failure"
)

// writeEach writes edits one by one. One that KMS refuses as malformed has its problem set.
func (k keys) writeEach(ctx context.Context, edits []workflows.KeyEdit) (workflows.KeyPolicyResult, error) {
	var result workflows.KeyPolicyResult
	for _, e := range edits {
		one, err := k.write(ctx, []workflows.KeyEdit{e})
		switch {
		case isMalformed(err):
			one.Problems[0] = malformed(k.arn, e)
		case err != nil:
			return result, err
		default:
			result.Dated = one.Dated
		}
		result.Problems = append(result.Problems, one.Problems...)
	}
	return result, nil
}

// isMalformed reports whether KMS refused a policy for what stands in it.
func isMalformed(err error) bool {
	return failure.Is(err, workflows.AWSRefused) && failure.Problem(err).Metadata["aws_code"] == "MalformedPolicyDocumentException"
}

func malformed(key string, e workflows.KeyEdit) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.AWSRefused,
		Message:  fmt.Sprintf("KMS takes no policy of key %s with what is to be edited for %s: most likely, that principal does not exist any more.", key, e.Change.RoleARN),
		NextStep: "Look whether the role exists; look also for deleted principals (ids that begin with AROA or AIDA) in the key's policy.",
		Metadata: map[string]string{
			"operation": "kms:PutKeyPolicy", "aws_code": "MalformedPolicyDocumentException", "kms_key_arn": key, "role_arn": e.Change.RoleARN,
		},
	}
}
