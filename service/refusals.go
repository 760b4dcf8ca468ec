package service

import (
	"fmt"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/workflows"
)

// requestIDReused refuses a request id that stands for another request.
func requestIDReused(migration, request string) error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED,
		message:  fmt.Sprintf("The request id %s was used with another request, for migration %s.", request, migration),
		nextStep: "Use a new request id, or repeat the request unchanged.",
		metadata: map[string]string{"migration_id": migration, "request_id": request},
	}
}

// hasEnded refuses a verb to a migration whose workflow has ended.
func hasEnded(view workflows.MigrationView, verb string) error {
	state := string(view.State)
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_WRONG_STATE,
		message:  fmt.Sprintf("Migration %s is %s and has ended; it can't be %s.", view.ID, state, verb),
		nextStep: "Get the migration to see what became of it, and create another one if need be.",
		metadata: map[string]string{"migration_id": view.ID, "state": state},
	}
}

// wrongState refuses what a migration's state does not allow.
func wrongState(view workflows.MigrationView, verb string) error {
	state := string(view.State)
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_WRONG_STATE,
		message:  fmt.Sprintf("Migration %s is %s and can't be %s.", view.ID, state, verb),
		nextStep: "Get the migration to see where it is.",
		metadata: map[string]string{"migration_id": view.ID, "state": state},
	}
}

// partNotFound says that a migration has no such wave, cell or canary.
func partNotFound(migration string, part workflows.Part) error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_PART_NOT_FOUND,
		message:  fmt.Sprintf("Migration %s has no %s.", migration, part),
		nextStep: "Get the migration for its waves, and list its canaries for their accounts, Regions and names.",
		metadata: map[string]string{"migration_id": migration, "part": part.String()},
	}
}

// callerNotVerified refuses an unverified name where people are told apart by their names.
func callerNotVerified(caller workflows.Caller) error {
	return &refusal{
		reason: rekeyv1.ErrorReason_ERROR_REASON_CALLER_NOT_VERIFIED,
		message: fmt.Sprintf("The approval policy asks for verified names, and the caller's, %q, is not verified by a client certificate.",
			caller.Name),
		nextStep: "Call with a client certificate, or choose a policy of one approval that does not exclude the creator.",
		metadata: map[string]string{"caller": caller.Name},
	}
}

// canaryNotFound says that a migration's plan has no such canary.
func canaryNotFound(migration string, cell workflows.Cell, name string) error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_CANARY_NOT_FOUND,
		message:  fmt.Sprintf("Migration %s has no canary %s in account %s, Region %s.", migration, name, cell.Account, cell.Region),
		nextStep: "List the migration's canaries to find it; while the migration is planning, it may be yet to come.",
		metadata: map[string]string{
			"migration_id": migration, "account_id": cell.Account, "region": cell.Region, "canary_name": name,
		},
	}
}

// internal is what a caller is told of an error that nobody foresaw: where to find it.
func internal(incident string) error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_INTERNAL,
		message:  fmt.Sprintf("Something went wrong that rekey did not foresee (incident %s).", incident),
		nextStep: "The server's log has the cause under that incident; repeating the call is safe.",
		metadata: map[string]string{"incident": incident},
	}
}

// stopping ends a stream because the server stops.
func stopping() error {
	return &refusal{
		reason:   rekeyv1.ErrorReason_ERROR_REASON_SERVER_STOPPING,
		message:  "This server is stopping.",
		nextStep: "Watch again with the last cursor; nothing is lost.",
	}
}
