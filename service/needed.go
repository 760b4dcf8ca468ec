package service

import (
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/roles"
)

// needed is the role that each call needs. A call that is missing here is refused.
var needed = map[string]roles.Role{
	rekeyv1.MigrationService_CreateMigration_FullMethodName:     roles.Creator,
	rekeyv1.MigrationService_GetMigration_FullMethodName:        roles.Reader,
	rekeyv1.MigrationService_ListMigrations_FullMethodName:      roles.Reader,
	rekeyv1.MigrationService_WatchMigration_FullMethodName:      roles.Reader,
	rekeyv1.MigrationService_ApproveMigration_FullMethodName:    roles.Approver,
	rekeyv1.MigrationService_PauseMigration_FullMethodName:      roles.Operator,
	rekeyv1.MigrationService_ResumeMigration_FullMethodName:     roles.Operator,
	rekeyv1.MigrationService_CancelMigration_FullMethodName:     roles.Operator,
	rekeyv1.MigrationService_RollBackMigration_FullMethodName:   roles.Operator,
	rekeyv1.MigrationService_RetryMigration_FullMethodName:      roles.Operator,
	rekeyv1.MigrationService_AdvanceMigration_FullMethodName:    roles.Operator,
	rekeyv1.MigrationService_UpdateRollout_FullMethodName:       roles.Operator,
	rekeyv1.MigrationService_ConfirmSourceChange_FullMethodName: roles.Operator,
	rekeyv1.MigrationService_CloseMigration_FullMethodName:      roles.Operator,
	rekeyv1.MigrationService_ListCanaries_FullMethodName:        roles.Reader,
	rekeyv1.MigrationService_GetCanary_FullMethodName:           roles.Reader,
	rekeyv1.FleetService_ListFleetCanaries_FullMethodName:       roles.Reader,
	rekeyv1.FleetService_SummarizeFleet_FullMethodName:          roles.Reader,
}

// serviceOf is the full name of a method's service.
func serviceOf(method string) string {
	service, _, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	return service
}
