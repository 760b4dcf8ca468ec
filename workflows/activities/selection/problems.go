package selection

import (
	"fmt"
	"strconv"
	"strings"

	"rekey/workflows"
	"rekey/workflows/aws"
	"rekey/workflows/failure"
)

// unresolved ends the activity because Organizations did not answer a call about a container; empty where it is about the
// whole organization.
func unresolved(operation, container string, err error) error {
	call := aws.Call{Operation: "organizations:" + operation, Resource: container}
	classified, retry := aws.Classify(call, err)
	what := call.Operation
	if container != "" {
		what += " of " + container
	}
	return failure.Classified(notTold(what, classified, next(call, err, retry)), retry)
}

// notTold is the problem of a selection that waits for what was not told.
func notTold(what string, why *workflows.Problem, next string) *workflows.Problem {
	cause := cause(why)
	p := &workflows.Problem{
		Reason:   workflows.SelectionNotResolved,
		Message:  fmt.Sprintf("The selection can't be resolved without %s: %s.", what, cause),
		NextStep: next,
		Metadata: map[string]string{"what": what, "cause": cause},
	}
	if failure.IsPutOff(why) {
		p.Metadata[failure.RetryAfter] = why.Metadata[failure.RetryAfter]
	}
	return p
}

// cause is what AWS said, as far as it may be told.
func cause(p *workflows.Problem) string {
	code, text := p.Metadata["aws_code"], p.Metadata["aws_message"]
	switch {
	case failure.IsPutOff(p):
		return strings.TrimSuffix(p.Message, ".")
	case code == "" || code == "none":
		return "AWS did not answer, or the worker has no credentials"
	case text == "":
		return code
	}
	return code + ": " + text
}

// repeated is the next step where there is none.
const repeated = "Nothing: it is repeated. If it goes on, look at the worker's network, and at who else calls AWS there."

// notInUse is the code by which Organizations says that the caller's account belongs to none (Organizations API, errors).
const notInUse = "AWSOrganizationsNotInUseException"

func next(call aws.Call, err error, retry bool) string {
	switch {
	case retry:
		return repeated
	case aws.IsDenied(err) || aws.Code(err) == notInUse:
		return "Run the worker with credentials of the organization's management account, or of a delegated administrator, that " +
			"allow " + call.Operation + " (deploy/hub-policy.json); or select the accounts by their ids. Then create the migration anew."
	case isNoContainer(err):
		return "Check the id of the organizational unit, and create the migration anew."
	}
	return "Mend what AWS names, and create the migration anew."
}

// isNoContainer reports whether Organizations knows no such unit or root (Organizations API, errors of ListParents and of
// ListAccountsForParent).
func isNoContainer(err error) bool {
	code := aws.Code(err)
	return code == "ChildNotFoundException" || code == "ParentNotFoundException"
}

// tooLarge is the problem of a selection of so many cells, nil where they are not too many.
func tooLarge(cells int) *workflows.Problem {
	if cells <= workflows.MaxCells {
		return nil
	}
	return &workflows.Problem{
		Reason:   workflows.SelectionTooLarge,
		Message:  fmt.Sprintf("The selection comes to at least %d cells (accounts times Regions); %d are the most.", cells, workflows.MaxCells),
		NextStep: "Select fewer accounts or Regions, and create further migrations for the others.",
		Metadata: map[string]string{"cells": strconv.Itoa(cells), "most": strconv.Itoa(workflows.MaxCells)},
	}
}
