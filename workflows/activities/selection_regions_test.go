package activities

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fault"
	"rekey/awssim/fleet"
	"rekey/awssim/sim"
	"rekey/workflows"
	"rekey/workflows/failure"
)

// TestResolveSelectionPutOff makes one attempt while nobody answers: the server makes another.
func TestResolveSelectionPutOff(t *testing.T) {
	for _, service := range []string{"account", "sts"} {
		w := newWorld(t, organized(t))
		w.fails(fault.Rule{Service: service, FailBefore: 1})
		_, err := resolve(w, workflows.ResolveSelectionInput{Accounts: []string{archive, retail}, EnabledRegions: true})
		retried(t, err)
		if about := failure.Problem(err); about.Reason != workflows.SelectionNotResolved || about.Metadata["what"] != "account:ListRegions" {
			t.Errorf("%s fails, and the problem is %+v", service, about)
		}
	}
}

func TestResolveSelectionEnabledRegions(t *testing.T) {
	w := newWorld(t, organized(t, "eu-south-1"), func(f *fleet.Fleet) {
		f.Organization.Policies = append(f.Organization.Policies, fleet.ControlPolicy{
			Target: "Archive", Name: "guardrail",
			Policy: `{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "account:ListRegions", "Resource": "*"}]}`,
		})
	})
	w.sim.World.Account.SetRegion(retail, "af-south-1", "ENABLING")
	w.sim.World.Account.SetRegion(retail, "me-south-1", "DISABLING")
	got := must[workflows.Selection](w, workflows.ResolveSelectionActivity, workflows.ResolveSelectionInput{
		Accounts: []string{vault, archive}, OUs: []string{sim.UnitID("Retail")}, EnabledRegions: true,
	})
	type line struct {
		Account string
		Regions int
		South   bool // whether the opt-in Region is among them
		Reason  workflows.Reason
		Code    string
	}
	var lines []line
	for _, a := range got.Accounts {
		l := line{Account: a.Account, Regions: len(a.Regions), South: strings.Contains(strings.Join(a.Regions, " "), "eu-south-1")}
		if a.Problem != nil {
			l.Reason, l.Code = a.Problem.Reason, a.Problem.Metadata["aws_code"]
		}
		lines = append(lines, l)
	}
	want := []line{
		{Account: vault, Reason: workflows.CellNotReachable, Code: "AccessDenied"}, // it has no member role
		{Account: retail, Regions: 17},                                             // the Regions that every account has
		{Account: outlet, Regions: 18, South: true},
		{Account: archive, Reason: workflows.AccessDenied, Code: "AccessDeniedException"},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if cells := got.Count().Cells; cells != 37 {
		t.Errorf("%d cells, want one for each account that can't be asked, and 17 and 18", cells)
	}
}

// TestResolveSelectionOfAllThatIsEnabled enters what was found enabled: the census of such a cell is not refused.
func TestResolveSelectionOfAllThatIsEnabled(t *testing.T) {
	w := newWorld(t, organized(t, "eu-south-1"))
	got := must[workflows.Selection](w, workflows.ResolveSelectionActivity, workflows.ResolveSelectionInput{
		OUs: []string{sim.UnitID("Retail/Stores")}, EnabledRegions: true,
	})
	for _, c := range got.Accounts[0].Cells() {
		must[workflows.Census](w, workflows.TakeCensusActivity, workflows.CensusInput{Cell: c})
	}
}

func TestResolveSelectionTooLarge(t *testing.T) {
	var many []string
	for i := range workflows.MaxCells/4 + 1 {
		many = append(many, fmt.Sprintf("7%011d", i))
	}
	four := []string{"eu-west-1", "eu-west-2", "eu-west-3", "us-east-1"}
	for name, test := range map[string]struct {
		in    workflows.ResolveSelectionInput
		cells string
	}{
		"of accounts and Regions": {workflows.ResolveSelectionInput{Accounts: many, Regions: four}, "4004"},
		"after exclusion, of what is enabled": {
			workflows.ResolveSelectionInput{Accounts: append(many[:1:1], fleetAccounts(238)...), Excluded: many[:1], EnabledRegions: true}, "4046",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(f *fleet.Fleet) {
				for _, id := range fleetAccounts(238) {
					f.Accounts = append(f.Accounts, fleet.Account{ID: id, Name: "a" + id, Regions: []string{region}})
					f.Roles = append(f.Roles, memberRole(t, id))
				}
			})
			_, err := resolve(w, test.in)
			if about := refused(t, err, workflows.SelectionTooLarge); about["cells"] != test.cells {
				t.Errorf("the problem is about %v, want %s cells", about, test.cells)
			}
		})
	}
}

func fleetAccounts(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("8%011d", i))
	}
	return ids
}
