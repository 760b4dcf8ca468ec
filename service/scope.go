package service

import (
	"fmt"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service/roles"
	"rekey/workflows"
)

// scopeOfRequest is the accounts that a request selects. A listing selects none: it shows what its caller may read.
func scopeOfRequest(request any) (roles.Scope, error) {
	switch r := request.(type) {
	case *rekeyv1.CreateMigrationRequest:
		return scopeOfSelection(r.GetSpec().GetSelection()), nil
	case interface{ GetSelection() *rekeyv1.Selection }: // those of the fleet's service
		return scopeOfSelection(r.GetSelection()), nil
	case *rekeyv1.ListMigrationsRequest:
		return roles.In(nil, nil), nil
	}
	return roles.Scope{}, fmt.Errorf("no account can be told from a %T", request)
}

func scopeOfSelection(s *rekeyv1.Selection) roles.Scope {
	if s.GetOrganization() || len(s.GetOrganizationalUnitIds()) > 0 {
		return roles.Everywhere()
	}
	return roles.In(s.GetAccountIds(), s.GetExcludedAccountIds())
}

func scopeOfSpec(s workflows.Spec) roles.Scope {
	if s.Organization || len(s.OUs) > 0 {
		return roles.Everywhere()
	}
	return roles.In(s.Accounts, s.Excluded)
}
