package aws

import (
	"fmt"

	"github.com/aws/smithy-go"

	"rekey/workflows"
)

// maxText bounds how much of AWS's own text a problem carries; problems are kept in workflow histories.
const maxText = 600

// text is what AWS says beside its code.
func text(api smithy.APIError) string {
	s := api.ErrorMessage()
	if len(s) > maxText {
		s = s[:maxText] + "…"
	}
	if s == "" {
		return "no further text"
	}
	return s
}

func (c Call) problem(reason workflows.Reason, api smithy.APIError, what, next string) *workflows.Problem {
	p := &workflows.Problem{
		Reason:   reason,
		Message:  fmt.Sprintf("%s %s (%s): %s", c.on(), what, api.ErrorCode(), text(api)),
		NextStep: next,
		Metadata: c.metadata(api.ErrorCode()),
	}
	p.Metadata["aws_message"] = text(api)
	return p
}

// postponed carries no text of AWS: those of ended sessions and of AWS's own faults say nothing of use.
func (c Call) postponed(api smithy.APIError) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.AWSRefused,
		Message:  fmt.Sprintf("%s was put off by AWS (%s).", c.on(), api.ErrorCode()),
		NextStep: "Nothing: it is repeated. If it goes on, lower the rollout's concurrency or look at AWS's health.",
		Metadata: c.metadata(api.ErrorCode()),
	}
}

func (c Call) conflict(api smithy.APIError) *workflows.Problem {
	return c.problem(workflows.AWSRefused, api, "has to wait for another operation",
		"Nothing: it is repeated when the other operation has ended.")
}

func (c Call) denied(api smithy.APIError) *workflows.Problem {
	next := "Allow the member role " + c.Operation + ", and look for a guardrail that denies it; then try again."
	if c.Operation == "synthetics:UpdateCanary" {
		// UpdateCanary calls Lambda, S3 and IAM with the caller's credentials.
		next = "Allow the member role what AWS names: UpdateCanary goes on to Lambda, S3 and iam:PassRole with its " +
			"credentials, so that it may not be UpdateCanary itself. Then try again."
	}
	return c.problem(workflows.AccessDenied, api, "was denied", next)
}

func (c Call) missing(api smithy.APIError) *workflows.Problem {
	switch c.service() {
	case "synthetics":
		p := Gone(c.Resource)
		p.Metadata["aws_code"] = api.ErrorCode()
		return p
	case "kms":
		return c.keyNotUsable(api)
	}
	return c.problem(workflows.AWSRefused, api, "concerns something that does not exist",
		"Check that it was not deleted meanwhile.")
}

func (c Call) keyNotUsable(api smithy.APIError) *workflows.Problem {
	p := c.problem(workflows.KeyNotUsable, api, "needs a key that is there and enabled",
		"Look at the key in its account; enable it, or cancel its deletion, and try again.")
	p.Metadata["kms_key_arn"] = c.Resource
	return p
}

func (c Call) refused(api smithy.APIError) *workflows.Problem {
	next := "Mend what AWS names, and try again."
	switch {
	case api.ErrorCode() == quotaCode:
		next = "A quota is used up: make room, or ask AWS for a higher one, and try again."
	case !readable[api.ErrorCode()]:
		p := c.postponed(api) // without AWS's text, which may quote what was signed
		p.Message = fmt.Sprintf("%s was refused by AWS (%s).", c.on(), api.ErrorCode())
		p.NextStep = "Look the code up in the service's API reference, and at CloudTrail of the account."
		return p
	}
	return c.problem(workflows.AWSRefused, api, "was refused", next)
}

// readable are the codes of refusals whose text may be shown: it speaks of parameters and quotas. All others may
// quote the request, signature and session token included.
var readable = map[string]bool{
	quotaCode:                        true,
	"ValidationException":            true,
	"ValidationError":                true,
	"BadRequestException":            true,
	"InvalidArnException":            true,
	"InvalidGrantIdException":        true,
	"InvalidParameterValue":          true,
	"ServiceQuotaExceededException":  true,
	"RequestEntityTooLargeException": true,
	"UnsupportedOperationException":  true,
	"InvalidBucketName":              true,
	"PermanentRedirect":              true,
}

// Gone is the problem of a canary that does not exist, or not any more under its id.
func Gone(name string) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.CanaryGone,
		Message:  fmt.Sprintf("Canary %s does not exist any more.", name),
		NextStep: "Nothing to do; if another was made under its name, create a migration for that one.",
		Metadata: map[string]string{"canary_name": name},
	}
}

// Undated is the problem of an answer without a Date header, by which rekey measures AWS's time. It is worth
// another attempt.
func Undated(call Call) *workflows.Problem {
	return &workflows.Problem{
		Reason:   workflows.AWSRefused,
		Message:  call.on() + " was answered without a date.",
		NextStep: "Nothing: it is repeated. If it goes on, look for a proxy that removes the Date header.",
		Metadata: call.metadata("none"),
	}
}
