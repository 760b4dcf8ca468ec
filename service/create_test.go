package service_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	rekeyv1 "rekey/gen/rekey/v1"
	"rekey/service"
	"rekey/service/identity"
	"rekey/service/servicetest"
	"rekey/workflows"
)

func TestPoliciesThatTellPeopleApartAskForNames(t *testing.T) {
	bob := workflows.Caller{Name: "bob"}
	two, one := &rekeyv1.ApprovalPolicy{Required: new(int32(2))}, &rekeyv1.ApprovalPolicy{Required: new(int32(1))}
	other := &rekeyv1.ApprovalPolicy{ExcludeCreator: true}
	for reason, test := range map[string]struct {
		policy  *rekeyv1.ApprovalPolicy
		caller  workflows.Caller
		anyName bool
		refused bool
	}{
		"no policy is one approval of anybody":   {nil, bob, false, false},
		"one approval needs no name":             {one, bob, false, false},
		"two approvals need names":               {two, bob, false, true},
		"a creator who does not count has one":   {other, bob, false, true},
		"a verified name is one":                 {two, alice, false, false},
		"a server for development takes any":     {two, bob, true, false},
		"two approvals of nobody are not people": {two, workflows.Caller{}, false, true},
	} {
		t.Run(reason, func(t *testing.T) {
			fake := servicetest.NewFake()
			s, err := service.New(service.Config{Workflows: fake, AnyName: test.anyName})
			if err != nil {
				t.Fatal(err)
			}
			spec := servicetest.Spec()
			spec.Approval = test.policy
			reply, err := s.CreateMigration(identity.With(t.Context(), test.caller), &rekeyv1.CreateMigrationRequest{Spec: spec})
			if test.refused {
				wantError(t, err, wanted{codes.FailedPrecondition, "CALLER_NOT_VERIFIED", map[string]string{"caller": test.caller.Name}})
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if in := fake.Started(reply.GetMigration().GetId()).Input; in.By != test.caller || in.AnyName != test.anyName {
				t.Errorf("started by %+v, any name %v", in.By, in.AnyName)
			}
			if creator := reply.GetMigration().GetCreator(); creator.GetName() != test.caller.Name || creator.GetVerified() != test.caller.Verified {
				t.Errorf("created by %v", creator)
			}
		})
	}
}

func TestASelectionThatIsYetToBeResolvedHasNoCells(t *testing.T) {
	h := servicetest.New(t, service.Config{})
	spec := servicetest.Spec()
	spec.Selection = &rekeyv1.Selection{OrganizationalUnitIds: []string{"ou-abcd-12345678"}, Regions: []string{"eu-west-1"}}
	created, err := h.Client.CreateMigration(t.Context(), &rekeyv1.CreateMigrationRequest{Spec: spec})
	if err != nil || created.GetMigration().GetProgress().GetCells() != 0 {
		t.Fatalf("%v, %v", created, err)
	}
	// Its cells are known to the migration alone.
	id := created.GetMigration().GetId()
	cell := workflows.Cell{Account: "333333333333", Region: "eu-west-1"}
	h.Fake.SetCanaries(id, cell, canaryOf(cell, "checkout", workflows.Pending))
	if got := list(t, h, &rekeyv1.ListCanariesRequest{MigrationId: id}); len(got) != 1 || got[0] != "checkout" {
		t.Errorf("listed %v", got)
	}
}

func TestPlansTellWhatRunsCost(t *testing.T) {
	h := servicetest.New(t, service.Config{RunPriceUSD: 0.5})
	id := create(t, h)
	h.Fake.Edit(id, func(v *workflows.MigrationView) { v.Plan = &workflows.Plan{Forecast: workflows.Forecast{ExtraRuns: 4}} })
	got, err := h.Client.GetMigration(t.Context(), &rekeyv1.GetMigrationRequest{MigrationId: id})
	if cost := got.GetMigration().GetPlan().GetForecast().GetExtraRunCostUsd(); err != nil || cost != 2 {
		t.Errorf("4 runs cost %v, %v", cost, err)
	}
	s := snapshot(t, watch(t, h, id, "")).GetSnapshot()
	if cost := s.GetPlan().GetForecast().GetExtraRunCostUsd(); cost != 2 {
		t.Errorf("a watch tells that 4 runs cost %v", cost)
	}
}
