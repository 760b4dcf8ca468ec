package activities

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/awssim/journal"
	"rekey/awssim/organizations"
	"rekey/awssim/sim"
	"rekey/workflows"
	"rekey/workflows/failure"
)

// Accounts beside those of the test's fleet: one in Retail, two below it (of which one is suspended), one in Archive.
const (
	retail    = "310000000000"
	outlet    = "311000000000"
	suspended = "312000000000"
	archive   = "320000000000"
)

// organized puts those accounts into organizational units, with member roles. Regions of the list are enabled in outlet.
func organized(t *testing.T, enabled ...string) func(*fleet.Fleet) {
	t.Helper()
	return func(f *fleet.Fleet) {
		f.Accounts = append(f.Accounts,
			fleet.Account{ID: retail, Name: "retail", Unit: "Retail", Regions: []string{region}},
			fleet.Account{ID: outlet, Name: "outlet", Unit: "Retail/Stores", Regions: append([]string{region}, enabled...)},
			fleet.Account{ID: suspended, Name: "suspended", Unit: "Retail/Stores", State: "SUSPENDED", Regions: []string{region}},
			fleet.Account{ID: archive, Name: "archive", Unit: "Archive", Regions: []string{region}},
		)
		for _, account := range []string{retail, outlet, archive} {
			f.Roles = append(f.Roles, memberRole(t, account))
		}
	}
}

func resolve(w *world, in workflows.ResolveSelectionInput) (workflows.Selection, error) {
	return run[workflows.Selection](w, workflows.ResolveSelectionActivity, in)
}

func TestResolveSelectionByAccountsAndUnits(t *testing.T) {
	const root = organizations.RootID
	unit := sim.UnitID
	inRetail := workflows.SelectedAccount{Account: retail, OUs: []string{unit("Retail"), root}}
	inStores := workflows.SelectedAccount{Account: outlet, OUs: []string{unit("Retail/Stores"), unit("Retail"), root}}
	inArchive := workflows.SelectedAccount{Account: archive, OUs: []string{unit("Archive"), root}}
	inShop := workflows.SelectedAccount{Account: shop, OUs: []string{unit("Shop"), root}}
	atRoot := func(account string) workflows.SelectedAccount {
		return workflows.SelectedAccount{Account: account, OUs: []string{root}}
	}
	for name, test := range map[string]struct {
		reason string
		in     workflows.ResolveSelectionInput
		want   []workflows.SelectedAccount
	}{
		"a unit": {
			"the accounts of the units below it are its own; one that is not ACTIVE is nobody's",
			workflows.ResolveSelectionInput{OUs: []string{unit("Retail")}}, []workflows.SelectedAccount{inRetail, inStores},
		},
		"a unit below": {
			"what lies above it is known too, so that a wave can name it",
			workflows.ResolveSelectionInput{OUs: []string{unit("Retail/Stores")}}, []workflows.SelectedAccount{inStores},
		},
		"a unit and one below, in either order": {
			"each account is selected once",
			workflows.ResolveSelectionInput{OUs: []string{unit("Retail/Stores"), unit("Retail"), unit("Retail/Stores")}},
			[]workflows.SelectedAccount{inRetail, inStores},
		},
		"the root": {
			"everything is below it", workflows.ResolveSelectionInput{OUs: []string{root}, Excluded: []string{hub, vault}},
			[]workflows.SelectedAccount{inShop, inRetail, inStores, inArchive},
		},
		"the organization": {
			"the management account is a member too", workflows.ResolveSelectionInput{Organization: true},
			[]workflows.SelectedAccount{inShop, atRoot(vault), inRetail, inStores, inArchive, atRoot(hub)},
		},
		"a unit, less accounts": {
			"exclusion wins over a list as well",
			workflows.ResolveSelectionInput{Accounts: []string{archive}, OUs: []string{unit("Retail")}, Excluded: []string{archive, retail}},
			[]workflows.SelectedAccount{inStores},
		},
		"a unit and accounts by their ids": {
			"those are selected whatever Organizations knows of them: another organization's, a suspended one",
			workflows.ResolveSelectionInput{Accounts: []string{suspended, "400000000000", retail}, OUs: []string{unit("Retail")}},
			[]workflows.SelectedAccount{
				inRetail, inStores, {Account: suspended, OUs: inStores.OUs}, {Account: "400000000000"},
			},
		},
		"everything excluded": {
			"an empty selection is an answer", workflows.ResolveSelectionInput{OUs: []string{unit("Archive")}, Excluded: []string{archive}},
			[]workflows.SelectedAccount{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, organized(t))
			test.in.Regions = []string{"us-east-1", region}
			got := must[workflows.Selection](w, workflows.ResolveSelectionActivity, test.in)
			for i := range test.want {
				test.want[i].Regions = []string{region, "us-east-1"}
			}
			if diff := cmp.Diff(test.want, got.Accounts); diff != "" {
				t.Errorf("%s: accounts (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

// TestResolveSelectionReadsEveryPage has more units and accounts than a page holds, and a first page that is empty.
func TestResolveSelectionReadsEveryPage(t *testing.T) {
	const accounts, units = 45, 22
	w := newWorld(t, func(f *fleet.Fleet) {
		f.World.EmptyPages = true
		for i := range accounts {
			f.Accounts = append(f.Accounts, fleet.Account{
				ID: fmt.Sprintf("5%011d", i), Name: fmt.Sprintf("many-%d", i), Unit: "Many", Regions: []string{region},
			})
		}
		for i := range units {
			f.Accounts = append(f.Accounts, fleet.Account{
				ID: fmt.Sprintf("6%011d", i), Name: fmt.Sprintf("below-%d", i), Unit: fmt.Sprintf("Many/Below%d", i), Regions: []string{region},
			})
		}
	})
	got := must[workflows.Selection](w, workflows.ResolveSelectionActivity,
		workflows.ResolveSelectionInput{OUs: []string{sim.UnitID("Many")}, Regions: []string{region}})
	if want := (workflows.Selected{Accounts: accounts + units, Regions: 1, Cells: accounts + units}); got.Count() != want {
		t.Errorf("the selection is %+v, want %+v", got.Count(), want)
	}
}

func TestResolveSelectionWhoMayAskOrganizations(t *testing.T) {
	unit := workflows.ResolveSelectionInput{OUs: []string{sim.UnitID("Retail")}, Regions: []string{region}}
	for name, test := range map[string]struct {
		edit  func(*fleet.Fleet)
		in    workflows.ResolveSelectionInput
		cause string // of the refusal; empty where there is none
		what  string
		next  string
	}{
		"the management account": {edit: func(*fleet.Fleet) {}, in: unit},
		"a delegated administrator": {
			edit: func(f *fleet.Fleet) {
				f.Organization.Management, f.Organization.DelegatedAdministrators = vault, []string{hub}
			},
			in: unit,
		},
		"any other account": {
			edit:  func(f *fleet.Fleet) { f.Organization.Management = vault },
			in:    unit,
			cause: "AccessDeniedException", what: "organizations:ListParents of " + sim.UnitID("Retail"), next: "delegated administrator",
		},
		"credentials without permission": {
			edit: func(f *fleet.Fleet) { f.Users[0].Policies = nil }, in: workflows.ResolveSelectionInput{Organization: true, Regions: []string{region}},
			cause: "AccessDeniedException", what: "organizations:ListRoots", next: "organizations:ListRoots",
		},
		"a unit that does not exist": {
			edit: func(*fleet.Fleet) {}, in: workflows.ResolveSelectionInput{OUs: []string{"ou-sim1-00000000"}, Regions: []string{region}},
			cause: "ChildNotFoundException", what: "organizations:ListParents of ou-sim1-00000000", next: "Check the id",
		},
		"another organization's root": {
			edit: func(*fleet.Fleet) {}, in: workflows.ResolveSelectionInput{OUs: []string{"r-elsewhere"}, Regions: []string{region}},
			cause: "ParentNotFoundException", what: "organizations:ListAccountsForParent of r-elsewhere", next: "Check the id",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, organized(t), test.edit)
			got, err := resolve(w, test.in)
			if test.cause == "" {
				if err != nil || got.Count().Accounts != 2 {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			about := refused(t, err, workflows.SelectionNotResolved)
			if !strings.HasPrefix(about["cause"], test.cause) || about["what"] != test.what {
				t.Errorf("the problem is about %v, want %s of %s", about, test.cause, test.what)
			}
			if next := failure.Problem(err).NextStep; !strings.Contains(next, test.next) {
				t.Errorf("the next step %q does not speak of %q", next, test.next)
			}
		})
	}
}

func TestResolveSelectionUnderFaults(t *testing.T) {
	in := workflows.ResolveSelectionInput{Accounts: []string{archive}, OUs: []string{sim.UnitID("Retail")}, EnabledRegions: true}
	for name, rule := range map[string]fault.Rule{
		"Organizations throttles longer than other services are waited for": {Service: "organizations", Throttle: 1, Times: 3},
		"Organizations fails once":        {Service: "organizations", FailBefore: 1, Times: 1},
		"an account's session ends early": {Service: "account", Expire: 1, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, organized(t))
			w.fails(rule)
			if got, err := resolve(w, in); err != nil || got.Count().Accounts != 3 {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// TestOrganizationsIsAskedByTheWorkerItself looks at who was denied.
func TestOrganizationsIsAskedByTheWorkerItself(t *testing.T) {
	w := newWorld(t, organized(t), func(f *fleet.Fleet) { f.Organization.Management = vault })
	_, err := resolve(w, workflows.ResolveSelectionInput{Organization: true, Regions: []string{region}})
	refused(t, err, workflows.SelectionNotResolved)
	var denied []string
	for _, e := range w.sim.World.Journal.Since(0) {
		if e.Kind == journal.Denial {
			denied = append(denied, e.Action+" by "+e.Principal)
		}
	}
	if diff := cmp.Diff([]string{"organizations:ListRoots by arn:aws:iam::" + hub + ":user/worker"}, denied); diff != "" {
		t.Errorf("denied (-want +got):\n%s", diff)
	}
}
