package selection

import (
	"maps"
	"slices"

	"rekey/workflows"
)

// member is an account of the organization. Above are the organizational units and the root above it, the nearest first.
type member struct {
	above  []string
	active bool
}

// choose are the accounts of a selection, by id: those that are listed, and the active ones of the organization's part that
// was read. They have the selection's Regions, where it lists them.
func choose(in workflows.ResolveSelectionInput, members map[string]member) []workflows.SelectedAccount {
	chosen := map[string]workflows.SelectedAccount{}
	add := func(account string) {
		if slices.Contains(in.Excluded, account) {
			return
		}
		selected := workflows.SelectedAccount{Account: account, OUs: members[account].above}
		if !in.EnabledRegions {
			selected.Regions = slices.Compact(slices.Sorted(slices.Values(in.Regions)))
		}
		chosen[account] = selected
	}
	for _, account := range in.Accounts {
		add(account)
	}
	for account, m := range members {
		if m.active {
			add(account)
		}
	}
	accounts := make([]workflows.SelectedAccount, 0, len(chosen))
	for _, account := range slices.Sorted(maps.Keys(chosen)) {
		accounts = append(accounts, chosen[account])
	}
	return accounts
}
