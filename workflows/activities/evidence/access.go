package evidence

import (
	"rekey/workflows"
)

// access is what became of the access of a canary's role.
func access(c workflows.Canary) workflows.CanaryAccess {
	a := workflows.CanaryAccess{
		Planned: changes(c.Grants), Given: changes(c.Granted), Withdrawn: changes(c.Withdrawn), Removable: changes(c.Revokes),
	}
	for _, left := range c.Left {
		e := change(left.Change)
		e.Why = left.Why
		a.Left = append(a.Left, e)
	}
	if old := c.OldAccess; old != nil {
		a.OldState, a.Removed, a.Held = old.State, changes(old.Revoked), old.Held
	}
	return a
}

func changes(list []workflows.AccessChange) []workflows.AccessEvidence {
	var all []workflows.AccessEvidence
	for _, c := range list {
		all = append(all, change(c))
	}
	return all
}

func change(c workflows.AccessChange) workflows.AccessEvidence {
	return workflows.AccessEvidence{
		Method: c.Method, Principal: c.RoleARN, KeyARN: c.KeyARN, Location: c.Location, GrantID: c.GrantID, GrantName: c.GrantName,
		PolicyName: c.PolicyName, Sid: c.Sid, Document: c.Document, Foreign: c.Foreign, There: c.There,
		DecryptOnly: c.DecryptOnly, Why: c.Why,
	}
}
