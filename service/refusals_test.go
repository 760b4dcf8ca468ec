package service

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

func TestReasonsHaveTheirCodes(t *testing.T) {
	for reason, want := range map[rekeyv1.ErrorReason]codes.Code{
		rekeyv1.ErrorReason_ERROR_REASON_INVALID_FIELD:        codes.InvalidArgument,
		rekeyv1.ErrorReason_ERROR_REASON_MIGRATION_NOT_FOUND:  codes.NotFound,
		rekeyv1.ErrorReason_ERROR_REASON_PART_NOT_FOUND:       codes.NotFound,
		rekeyv1.ErrorReason_ERROR_REASON_CALLER_ROLE_MISSING:  codes.PermissionDenied,
		rekeyv1.ErrorReason_ERROR_REASON_RATE_LIMITED:         codes.ResourceExhausted,
		rekeyv1.ErrorReason_ERROR_REASON_SERVER_OVERLOADED:    codes.ResourceExhausted,
		rekeyv1.ErrorReason_ERROR_REASON_CALLER_NOT_VERIFIED:  codes.FailedPrecondition,
		rekeyv1.ErrorReason_ERROR_REASON_APPROVER_NOT_ALLOWED: codes.FailedPrecondition,
		rekeyv1.ErrorReason_ERROR_REASON_BUDGET_USED_UP:       codes.FailedPrecondition,
		rekeyv1.ErrorReason_ERROR_REASON_NOTHING_TO_RETRY:     codes.FailedPrecondition,
		rekeyv1.ErrorReason_ERROR_REASON_WRONG_STATE:          codes.FailedPrecondition,
		rekeyv1.ErrorReason_ERROR_REASON_INTERNAL:             codes.Internal,
	} {
		if got := codeOf(reason); got != want {
			t.Errorf("%v has the code %v, want %v", reason, got, want)
		}
	}
}

func TestCallersAreToldWhatTheyLack(t *testing.T) {
	bob := workflows.Caller{Name: "dns:bob.example"}
	for reason, test := range map[string]struct {
		err      error
		code     codes.Code
		reason   string
		metadata map[string]string
		again    bool // whether they are told when to try again
	}{
		"a role": {callerRoleMissing("approve", bob, ""), codes.PermissionDenied, "CALLER_ROLE_MISSING",
			map[string]string{"role": "approve", "caller": bob.Name}, false},
		"a role for an account": {callerRoleMissing("create", bob, "111111111111"), codes.PermissionDenied, "CALLER_ROLE_MISSING",
			map[string]string{"role": "create", "caller": bob.Name, "account_id": "111111111111"}, false},
		"patience": {rateLimited(bob, "5 calls a second"), codes.ResourceExhausted, "RATE_LIMITED",
			map[string]string{"caller": bob.Name, "limit": "5 calls a second"}, true},
		"a certificate": {callerNotVerified(bob), codes.FailedPrecondition, "CALLER_NOT_VERIFIED",
			map[string]string{"caller": bob.Name}, false},
	} {
		st := status.Convert(test.err)
		var info *errdetails.ErrorInfo
		again := false
		for _, detail := range st.Details() {
			switch d := detail.(type) {
			case *errdetails.ErrorInfo:
				info = d
			case *errdetails.RetryInfo:
				again = true
			}
		}
		if st.Code() != test.code || info.GetReason() != test.reason || again != test.again {
			t.Errorf("%s: %v with %v, again %v", reason, st, info, again)
		}
		if diff := cmp.Diff(test.metadata, info.GetMetadata()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
	}
}
