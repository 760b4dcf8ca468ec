package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rekey/awssim/fleet"
	"rekey/awssim/sim"
	rekeyv1 "rekey/gen/rekey/v1"
)

// sandboxes is how many accounts there are that nobody may enter: with forty Regions more cells than a selection may have.
const sandboxes = 101

// capeTown is a Region that is disabled until somebody enables it, as all are that were launched after March 20, 2019 (AWS
// Account Management Reference Guide, Enable or disable AWS Regions in your account).
const capeTown = "af-south-1"

// organization is a fleet in organizational units: shop and pay below Workloads, where shop alone has Cape Town, and another
// account is closed; the central account and the sandboxes, which can't be entered, beside it.
func organization(t *testing.T) *fleet.Fleet {
	t.Helper()
	f := parse(t, canaryRole("shop", "one", "")+canaryRole("shop", "two", "")+canaryRole("pay", "one", ""), `
  - {account: shop, region: eu-west-1, name: tagged, role: one, tags: {team: a}, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: eu-west-1, name: other-team, role: one, tags: {team: b}, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: us-east-1, name: older, role: one, tags: {team: a}, runtime: syn-nodejs-puppeteer-9.1, encryption: {mode: SSE_KMS, key: k}}
  - {account: shop, region: us-east-1, name: default, role: two, tags: {team: a}}
  - {account: pay, region: eu-west-1, name: payment, role: one, tags: {team: a}, encryption: {mode: SSE_KMS, key: k}}
`)
	units := map[string]string{"shop": "Workloads/Shop", "pay": "Workloads/Pay/Cards", "central": "Infra"}
	for i := range f.Accounts {
		f.Accounts[i].Unit = units[f.Accounts[i].Name]
		if f.Accounts[i].Name == "shop" {
			f.Accounts[i].Regions = append(f.Accounts[i].Regions, capeTown)
		}
	}
	f.Accounts = append(f.Accounts, fleet.Account{ID: "400000000000", Name: "closed", Unit: "Workloads", State: "SUSPENDED", Regions: []string{ireland}})
	for _, id := range sandboxIDs() {
		f.Accounts = append(f.Accounts, fleet.Account{ID: id, Name: "sandbox-" + id, Unit: "Sandbox", Regions: []string{ireland}})
	}
	return f
}

func sandboxIDs() []string {
	list := make([]string, sandboxes)
	for i := range list {
		list[i] = fmt.Sprintf("5%011d", i)
	}
	return list
}

// manyRegions are names of as many Regions as a selection may list.
func manyRegions() []string {
	list := make([]string, 40)
	for i := range list {
		list[i] = fmt.Sprintf("xx-west-%d", i+1)
	}
	return list
}

// selected is a migration of what a selection comes to, planned only.
func (s *stack) selected(selection *rekeyv1.Selection) *rekeyv1.Migration {
	s.t.Helper()
	spec := s.spec(nil, nil, "central/eu-west-1/l", "central/us-east-1/l")
	spec.Selection = selection
	created, err := s.api.CreateMigration(s.ctx, &rekeyv1.CreateMigrationRequest{Spec: spec, ValidateOnly: true})
	if err != nil {
		s.t.Fatalf("create: %v", err)
	}
	return s.await(created.GetMigration().GetId(), rested)
}

// TestSelections selects canaries in each way that there is: what can't be entered is an outcome of its own.
func TestSelections(t *testing.T) {
	s := start(t, organization(t))
	workloads := []string{sim.UnitID("Workloads")}
	listed := []string{ireland, virginia, capeTown}
	for name, test := range map[string]struct {
		selection *rekeyv1.Selection
		canaries  []string
		cells     int32
		shut      []string
	}{
		"units, with all below them": {
			&rekeyv1.Selection{OrganizationalUnitIds: workloads, Regions: listed},
			[]string{"default", "older", "other-team", "payment", "tagged"}, 6, []string{pay + " " + capeTown},
		},
		"a unit below": {
			&rekeyv1.Selection{OrganizationalUnitIds: []string{sim.UnitID("Workloads/Pay")}, Regions: []string{ireland}},
			[]string{"payment"}, 1, nil,
		},
		"the organization without some, in the Regions that are enabled": {
			&rekeyv1.Selection{Organization: true, EnabledRegions: true, ExcludedAccountIds: append([]string{hub, pay}, sandboxIDs()...)},
			[]string{"default", "older", "other-team", "tagged"}, 19, []string{central + " " + virginia},
		},
		"by tag and runtime": {
			&rekeyv1.Selection{OrganizationalUnitIds: workloads, Regions: listed[:2], Canaries: &rekeyv1.CanaryFilter{
				Tags: []string{"team=a"}, RuntimePatterns: []string{"syn-nodejs-puppeteer-9.*"},
			}}, []string{"older"}, 4, nil,
		},
		"by encryption and role": {
			&rekeyv1.Selection{OrganizationalUnitIds: workloads, Regions: listed[:2], Canaries: &rekeyv1.CanaryFilter{
				EncryptionModes: []rekeyv1.EncryptionMode{rekeyv1.EncryptionMode_ENCRYPTION_MODE_AWS_MANAGED}, RolePatterns: []string{"*:role/two"},
			}}, []string{"default"}, 4, nil,
		},
	} {
		m := s.selected(test.selection)
		if m.GetState() != planned || m.GetSelected().GetCells() != test.cells {
			t.Errorf("%s: it is %s and comes to %v: %s", name, m.GetState(), m.GetSelected(), m.GetStateReason())
		}
		if diff := cmp.Diff(test.canaries, slices.Sorted(maps.Keys(s.canaries(m)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(test.shut, cellsOf(m.GetProgress().GetCellProblems())); diff != "" {
			t.Errorf("%s: cells that can't be entered (-want +got):\n%s", name, diff)
		}
	}
	m := s.selected(&rekeyv1.Selection{OrganizationalUnitIds: []string{sim.UnitID("Sandbox")}, Regions: manyRegions()})
	if m.GetState() != failed || !strings.HasPrefix(m.GetStateReason(), "SELECTION_TOO_LARGE: ") {
		t.Errorf("a selection of too many cells is %s: %s", m.GetState(), m.GetStateReason())
	}
	s.fleetOfUnits(&rekeyv1.Selection{OrganizationalUnitIds: workloads, Regions: listed})
	s.undisturbed()
	s.record("select")
}

func cellsOf(problems []*rekeyv1.Problem) []string {
	var list []string
	for _, p := range problems {
		list = append(list, p.GetMetadata()["account_id"]+" "+p.GetMetadata()["region"])
	}
	return list
}

// fleetOfUnits lists and sums up what lies below units without a migration.
func (s *stack) fleetOfUnits(selection *rekeyv1.Selection) {
	s.t.Helper()
	canaries, problems := s.listFleet(&rekeyv1.ListFleetCanariesRequest{Selection: selection, PageSize: 2})
	var names []string
	for _, c := range canaries {
		names = append(names, c.GetName())
	}
	if diff := cmp.Diff([]string{"other-team", "tagged", "default", "older", "payment"}, names); diff != "" {
		s.t.Errorf("the fleet of the units (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{pay + " " + capeTown}, cellsOf(problems)); diff != "" {
		s.t.Errorf("cells of the fleet that can't be entered (-want +got):\n%s", diff)
	}
	summary := &rekeyv1.SummarizeFleetResponse{}
	for !summary.GetComplete() {
		var err error
		summary, err = s.fleet.SummarizeFleet(s.ctx, &rekeyv1.SummarizeFleetRequest{Selection: selection, SummaryId: summary.GetSummaryId()})
		if err != nil {
			s.t.Fatalf("sum up: %v", err)
		}
	}
	if summary.GetCanaries() != 5 || summary.GetCells() != 6 || summary.GetCellsRead() != 5 || len(summary.GetCellProblems()) != 1 {
		s.t.Errorf("the summary says %v", summary)
	}
}
