package service

import (
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"

	rekeyv1 "rekey/gen/rekey/v1"
)

// invalidPageToken refuses a page token that the same listing did not return.
func invalidPageToken() error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_INVALID_PAGE_TOKEN,
		message:  "page_token: not one that the same listing, with the same filter, returned.",
		nextStep: "List again from the start, without a page token.",
		metadata: map[string]string{"field": "page_token"},
		fields:   []*errdetails.BadRequest_FieldViolation{{Field: "page_token", Description: "not one that the same listing returned"}},
	}
}

// invalidCursor refuses a cursor that no watch of the migration sent.
func invalidCursor(migration string) error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_INVALID_CURSOR,
		message:  fmt.Sprintf("cursor: not one that a watch of migration %s sent.", migration),
		nextStep: "Watch again without a cursor.",
		metadata: map[string]string{"field": "cursor", "migration_id": migration},
		fields:   []*errdetails.BadRequest_FieldViolation{{Field: "cursor", Description: "not one that a watch of this migration sent"}},
	}
}

// maxViolations bounds what an error lists: it travels in a trailer, of which some clients take 8 KB only.
const maxViolations = 32

// violation is a field that breaks a constraint.
type violation struct {
	field, constraint, description string
}

// invalidFields refuses a request that breaks constraints. The ErrorInfo names the first, the message a few.
func invalidFields(violations []violation) error {
	const named = 3
	var text []string
	var fields []*errdetails.BadRequest_FieldViolation
	for _, v := range violations[:min(maxViolations, len(violations))] {
		text = append(text, v.field+": "+v.description)
		fields = append(fields, &errdetails.BadRequest_FieldViolation{
			Field: v.field, Description: v.description, Reason: strings.ToUpper(strings.ReplaceAll(v.constraint, ".", "_")),
		})
	}
	message := strings.Join(text[:min(named, len(text))], "; ") + "."
	if more := len(violations) - named; more > 0 {
		message = fmt.Sprintf("%s And %d more.", message, more)
	}
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_INVALID_FIELD,
		message:  message,
		nextStep: "Correct the request; grpcurl describe tells what each field takes.",
		metadata: map[string]string{"field": violations[0].field, "constraint": violations[0].constraint},
		fields:   fields,
	}
}
